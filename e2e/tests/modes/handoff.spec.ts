import { expect, test } from '@playwright/test'
import { signIn } from '../../support/demo.js'

// Plain oidc-provider, without the plugin: the page hands over proofs for the token endpoint.

test('HO-03, HO-07: signs in, with the nonce of the authorization server relayed', async ({
  page,
}) => {
  const answers: { status: number; error: unknown }[] = []
  page.on('response', (response) => {
    if (!response.url().endsWith('/bff/token')) return
    void response.json().then((body: { error?: unknown }) => {
      answers.push({ status: response.status(), error: body.error })
    })
  })
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  await expect(page.getByTestId('token-cnf-jkt')).toHaveText(
    await page.getByTestId('jkt').innerText(),
  )
  expect(answers.map(({ status }) => status)).toContain(200)
})

test('a renewal and a reload keep the key', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  await page.getByTestId('renew').click()
  await page.reload()
  await expect(page.getByTestId('status')).toHaveText('signed-in')
  await expect(page.getByTestId('jkt')).toHaveText(jkt)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
})

test('signing out ends it', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('sign-out').click()
  await expect(page.getByTestId('status')).toHaveText('signed-out')
  await page.reload()
  await expect(page.getByTestId('status')).toHaveText('signed-out')
})
