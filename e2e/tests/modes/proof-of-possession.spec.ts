import { expect, test, type BrowserContext, type Page } from '@playwright/test'
import { openPage, postToBackend, reloadPage, signIn, signOut } from '../../support/demo.js'
import { createThiefKey } from '../../support/thief.js'

// The backend demands with each call a proof that was made for itself.

/** Calls the backend from a thief's own machine, with everything that the user's browser stores. */
async function callAsThief(
  context: BrowserContext,
  url: string,
  { body, proof }: { readonly body?: unknown; readonly proof?: string } = {},
): Promise<{ status: number; text: string; nonce: string | undefined }> {
  const cookies = (await context.cookies()).map(({ name, value }) => `${name}=${value}`)
  const response = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: {
      Cookie: cookies.join('; '),
      Origin: new URL(url).origin,
      'X-CSRF': '1',
      'Content-Type': 'application/json',
      ...(proof === undefined ? {} : { DPoP: proof }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const nonce = response.headers.get('DPoP-Nonce') ?? undefined
  return { status: response.status, text: await response.text(), nonce }
}

async function callApi(page: Page): Promise<void> {
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
}

test('SES-18: signs in, calls, renews, and a reload keeps it', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  await callApi(page)
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(jkt)
  const renewed = page.waitForResponse(
    (response) => response.url().endsWith('/bff/token') && response.status() === 200,
  )
  await page.getByTestId('renew').click()
  await renewed

  await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await expect(page.getByTestId('jkt')).toHaveText(jkt)
  await callApi(page)
})

test("SES-18, T-05: stolen cookies get nothing at all, not even the user's name", async ({
  context,
  page,
}) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const { origin } = new URL(page.url())
  const attempts = [
    { path: '/bff/session' },
    { path: '/bff/token', body: { jkt } },
    { path: '/bff/login', body: { jkt } },
  ]
  const thief = await createThiefKey()
  for (const { path, body } of attempts) {
    const url = `${origin}${path}`
    const without = await callAsThief(context, url, { body })
    expect(without.status, path).toBe(401)
    expect(without.text).not.toMatch(/alice|access_token|authorization_url/i)

    const htm = body === undefined ? 'GET' : 'POST'
    const proof = await thief.prove({ htm, htu: url, nonce: without.nonce ?? '' })
    const withOwnKey = await callAsThief(context, url, { body, proof })
    expect(withOwnKey.status, path).toBe(409)
    expect(withOwnKey.text).toContain('key_mismatch')
    expect(withOwnKey.text).not.toMatch(/alice|access_token|authorization_url/i)
  }
  await callApi(page)
})

test('SES-18: a captured proof opens nothing a second time', async ({ context, page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const answered = page.waitForResponse(
    (response) => response.url().endsWith('/bff/token') && response.status() === 200,
  )
  await page.getByTestId('renew').click()
  const request = (await answered).request()
  const proof = (await request.allHeaders())['dpop'] ?? ''
  expect(proof).toMatch(/^eyJ/)

  const replayed = await callAsThief(context, request.url(), { body: { jkt }, proof })
  expect(replayed.status).toBe(401)
  expect(replayed.text).not.toContain('access_token')
})

test('SES-18: who has lost the key can still sign out', async ({ page }) => {
  await signIn(page)
  expect(await postToBackend(page, '/bff/logout', {})).toMatchObject({ status: 200 })
  await openPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-out')
})

test('signing out and in again works as ever', async ({ page }) => {
  await signIn(page)
  await signOut(page)
  await signIn(page)
  await callApi(page)
})
