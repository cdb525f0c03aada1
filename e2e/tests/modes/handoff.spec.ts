import { expect, test, type Page } from '@playwright/test'
import { openPage, postToBackend, reloadPage, signIn, signOut } from '../../support/demo.js'

// Plain oidc-provider, without the plugin: the page hands over proofs for its token endpoint. It
// demands nonces, and so does the API.

interface Claims {
  readonly htm: string
  readonly htu: string
  readonly nonce?: string
  readonly ath?: string
}

function claimsOf(proof: string): Claims {
  return JSON.parse(Buffer.from(proof.split('.')[1] ?? '', 'base64url').toString()) as Claims
}

/** The proofs that the page hands over from its next load on. */
async function watchProofs(page: Page): Promise<readonly string[]> {
  const proofs: string[] = []
  await page.exposeFunction('noteProof', (proof: string) => proofs.push(proof))
  // Playwright does not see the body of a Request object, so the page's own fetch tells.
  await page.addInitScript(() => {
    const send = window.fetch.bind(window)
    const { noteProof } = window as unknown as { noteProof: (proof: string) => Promise<number> }
    window.fetch = async (input, init) => {
      const request = new Request(input, init)
      if (request.url.endsWith('/bff/token')) {
        const { token_endpoint_proof: proof } = (await request.clone().json()) as Partial<
          Record<string, string>
        >
        if (proof !== undefined) await noteProof(proof)
      }
      return send(request)
    }
  })
  return proofs
}

async function callApi(page: Page): Promise<void> {
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
}

test('HO-03, HO-07: signs in, and the token is bound to the key of this browser', async ({
  page,
}) => {
  const proofs = await watchProofs(page)
  await signIn(page)
  await expect(page.getByTestId('subject')).toContainText('alice')
  await expect(page.getByTestId('mode')).toHaveText('handoff')
  await callApi(page)
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(
    await page.getByTestId('jkt').innerText(),
  )

  const application = new URL(page.url())
  const tokenEndpoint = `http://localhost:${Number(application.port) + 1}/token`
  await expect.poll(() => proofs.length).toBeGreaterThanOrEqual(1)
  for (const claims of proofs.map(claimsOf)) {
    expect(claims).toMatchObject({ htm: 'POST', htu: tokenEndpoint })
    expect(claims.ath).toBeUndefined()
  }
  expect(claimsOf(proofs.at(-1) ?? '').nonce).toBeDefined()
})

test('HO-09: a renewal and a reload keep the key', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const renewed = page.waitForResponse(
    (response) => response.url().endsWith('/bff/token') && response.status() === 200,
  )
  await page.getByTestId('renew').click()
  await renewed
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(jkt)

  await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await expect(page.getByTestId('jkt')).toHaveText(jkt)
  await callApi(page)
})

test('HO-01: a proof that was handed over once is refused the second time, and the session lives on', async ({
  page,
}) => {
  const proofs = await watchProofs(page)
  await signIn(page)
  await page.getByTestId('renew').click()
  await expect.poll(() => proofs.length).toBeGreaterThanOrEqual(2)
  await callApi(page)

  const jkt = await page.getByTestId('jkt').innerText()
  for (const token_endpoint_proof of [...proofs]) {
    const again = { jkt, refresh: true, token_endpoint_proof }
    const { status, body } = await postToBackend(page, '/bff/token', again)
    expect(status).toBe(400)
    expect(body).not.toHaveProperty('access_token')
  }
  await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await callApi(page)
})

test('two tabs, one of which has signed in, both call', async ({ context, page }) => {
  await signIn(page)
  const second = await context.newPage()
  await openPage(second)
  await expect(second.getByTestId('status')).toHaveText('signed-in')
  await Promise.all([callApi(page), callApi(second)])
})

test('BR-26: signing out ends it in every tab, and the next sign-in has another key', async ({
  context,
  page,
}) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const second = await context.newPage()
  await openPage(second)

  await signOut(page)
  await expect(second.getByTestId('status')).toHaveText('signed-out')
  await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-out')
  await signIn(page)
  expect(await page.getByTestId('jkt').innerText()).not.toBe(jkt)
})
