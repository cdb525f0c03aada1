import { expect, test } from '@playwright/test'
import { API, APPLICATION, AUTHORIZATION_SERVER, openPage, signIn } from '../support/demo.js'

test('no page of the three may be framed', async ({ page }) => {
  for (const url of [
    APPLICATION,
    `${AUTHORIZATION_SERVER}/.well-known/openid-configuration`,
    API,
  ]) {
    const response = await page.request.get(url)
    const policy = response.headers()['content-security-policy'] ?? ''
    expect(policy, url).toContain("frame-ancestors 'none'")
  }
})

test('a wrong password is said, and the name stays typed', async ({ page }) => {
  await openPage(page)
  await page.getByTestId('sign-in').click()
  await page.locator('input[name="login"]').fill('alice')
  await page.locator('input[name="password"]').fill('wrong')
  await page.locator('button[type="submit"]').click()
  await expect(page.locator('input[name="login"]')).toHaveValue('alice')
  await expect(page.getByRole('alert')).toBeVisible()
})

test('the page needs nothing from any other host', async ({ page }) => {
  const hosts = new Set<string>()
  page.on('request', (request) => hosts.add(new URL(request.url()).hostname))
  const errors: string[] = []
  page.on('pageerror', (error) => errors.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text())
  })
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  expect([...hosts]).toEqual(['localhost'])
  expect(errors).toEqual([])
})

test('each step appears in the log, and no token does', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  expect(await page.getByTestId('log').locator('> *').count()).toBeGreaterThanOrEqual(4)
  const token = await page.evaluate(
    async (url) => window.tmb.authorize({ method: 'GET', url }),
    `${API}/orders`,
  )
  expect(await page.locator('html').innerHTML()).not.toContain(token.authorization.split('.')[2])
})

test('the log keeps the last hundred steps', async ({ page }) => {
  await signIn(page)
  await page.evaluate(async (url) => {
    for (let count = 0; count < 101; count += 1) await window.tmb.fetch(url)
  }, `${API}/orders`)
  await expect(page.getByTestId('log').locator('> *')).toHaveCount(100)
})
