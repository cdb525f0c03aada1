import { expect, test } from '@playwright/test'
import { postToBackend, signIn } from '../../support/demo.js'
import { createThiefKey } from '../../support/thief.js'

test('SES-16: the session mints tokens for no other key, and lives on', async ({ page }) => {
  await signIn(page)
  const { jkt } = await createThiefKey()
  const refused = await postToBackend(page, '/bff/token', { jkt, refresh: true })
  expect(refused).toMatchObject({ status: 409, body: { error: 'key_mismatch' } })

  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
})

test('T-09, SES-20: a silent login with a key of its own meets the password page', async ({
  page,
}) => {
  await signIn(page)
  const { jkt } = await createThiefKey()
  const started = await postToBackend(page, '/bff/login', { jkt })
  expect(started.status).toBe(200)

  await page.goto((started.body as { authorization_url: string }).authorization_url)
  await expect(page.locator('input[name="password"]')).toBeVisible()
})

test('T-09: signing out first does not spare the script the password page', async ({ page }) => {
  await signIn(page)
  await postToBackend(page, '/bff/logout', {})
  const { jkt } = await createThiefKey()
  const started = await postToBackend(page, '/bff/login', { jkt })

  await page.goto((started.body as { authorization_url: string }).authorization_url)
  await expect(page.locator('input[name="password"]')).toBeVisible()
})

test('control: the key that this browser pinned last signs in silently', async ({ page }) => {
  await signIn(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const started = await postToBackend(page, '/bff/login', { jkt })
  await page.goto((started.body as { authorization_url: string }).authorization_url)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
})
