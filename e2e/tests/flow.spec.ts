import { expect, test } from '@playwright/test'
import {
  API,
  APPLICATION,
  callApi,
  openPage,
  reloadPage,
  signIn,
  signOut,
  stealCredentials,
  submitPassword,
} from '../support/demo.js'

test('signs in and calls the API with a token bound to the key of this browser', async ({
  page,
}) => {
  await signIn(page)
  await expect(page.getByTestId('subject')).toContainText('alice')
  await expect(page.getByTestId('mode')).toHaveText('tmb')

  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  const jkt = await page.getByTestId('jkt').innerText()
  expect(jkt).toMatch(/^[A-Za-z0-9_-]{43}$/)
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(jkt)
})

test('a reload keeps the session and the key', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()

  await reloadPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await expect(page.getByTestId('jkt')).toHaveText(jkt)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
})

test('renewing gives another token for the same key', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  const jkt = await page.getByTestId('jkt').innerText()
  const before = await stealCredentials(page)

  const renewed = page.waitForResponse((response) => response.url().endsWith('/bff/token'))
  await page.getByTestId('renew').click()
  expect((await renewed).status()).toBe(200)
  await expect
    .poll(async () => (await stealCredentials(page)).accessToken)
    .not.toBe(before.accessToken)
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(jkt)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
})

test('two tabs have one key and one session', async ({ context, page }) => {
  await signIn(page)
  const second = await context.newPage()
  await openPage(second)
  await expect(second.getByTestId('status')).toHaveText('signed-in')
  expect(await second.getByTestId('jkt').innerText()).toBe(
    await page.getByTestId('jkt').innerText(),
  )

  await second.getByTestId('call-api').click()
  await expect(second.getByTestId('api-status')).toHaveText('200')
})

test('the API sees who calls, and with which key', async ({ page }) => {
  await signIn(page, 'bob')
  const whoami = await page.evaluate(async (url) => {
    const response = await window.tmb.fetch(url)
    return (await response.json()) as unknown
  }, `${API}/whoami`)
  const jkt = await page.getByTestId('jkt').innerText()
  expect(whoami).toMatchObject({ client_id: 'demo-backend', cnf: { jkt }, jkt })
})

test('a posted body arrives as it was sent', async ({ page }) => {
  await signIn(page)
  const order = { item: 'tea', quantity: 3, note: 'ä€😀' }
  const answer = await page.evaluate(
    async ({ url, order }) => {
      const headers = { 'Content-Type': 'application/json' }
      const response = await window.tmb.fetch(url, {
        method: 'POST',
        headers,
        body: JSON.stringify(order),
      })
      return (await response.json()) as unknown
    },
    { url: `${API}/orders`, order },
  )
  expect(answer).toEqual({ received: order })
})

test('BR-26: signing out ends the session in every tab, and the next key is another', async ({
  context,
  page,
}) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const { accessToken } = await stealCredentials(page)
  const second = await context.newPage()
  await openPage(second)

  await signOut(page)
  await expect(second.getByTestId('status')).toHaveText('signed-out')
  expect((await callApi({ Authorization: `DPoP ${accessToken}` })).status).toBe(401)

  await signIn(page)
  expect(await page.getByTestId('jkt').innerText()).not.toBe(jkt)
})

test('the vault opens after a fresh sign-in', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-vault').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
})

test('BR-28: a step-up challenge leads through the password page and back to the same call', async ({
  page,
}) => {
  await signIn(page)
  // The API asks only after a minute. Its words are put in its mouth once; the rest is real.
  const challenge = 'DPoP error="insufficient_user_authentication", max_age="0"'
  await page.route(
    `${API}/vault`,
    async (route) =>
      route.fulfill({
        status: 401,
        headers: {
          'WWW-Authenticate': challenge,
          'Access-Control-Allow-Origin': APPLICATION,
          'Access-Control-Expose-Headers': 'DPoP-Nonce, WWW-Authenticate',
        },
      }),
    { times: 1 },
  )
  await page.getByTestId('call-vault').click()
  await submitPassword(page, 'alice')
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await expect(page.getByTestId('api-status')).toHaveText('200')
})
