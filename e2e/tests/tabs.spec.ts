import { expect, test } from '@playwright/test'
import { API, openPage, signIn } from '../support/demo.js'

test('ten tabs that open at once make one key', async ({ context }) => {
  const pages = await Promise.all(Array.from({ length: 10 }, async () => context.newPage()))
  await Promise.all(pages.map(async (page) => openPage(page)))
  const jkts = await Promise.all(pages.map(async (page) => page.getByTestId('jkt').innerText()))
  expect(jkts).toHaveLength(10)
  expect(new Set(jkts).size).toBe(1)
})

test('fifty calls at once with an expired token ask for one token', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  const asked: string[] = []
  page.on('request', (request) => {
    if (request.url().endsWith('/bff/token')) asked.push(request.method())
  })

  const statuses = await page.evaluate(async (url) => {
    // The page's clock goes on, and the token is over.
    const now = Date.now.bind(Date)
    Date.now = () => now() + 301_000
    const calls = Array.from({ length: 50 }, async () => window.tmb.fetch(url))
    return (await Promise.all(calls)).map(({ status }) => status)
  }, `${API}/orders`)
  expect(statuses).toEqual(Array.from({ length: 50 }, () => 200))
  await expect.poll(() => asked).toEqual(['POST'])
})
