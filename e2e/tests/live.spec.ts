import { expect, test } from '@playwright/test'
import { openPage, postToBackend, signIn } from '../support/demo.js'

test('an open page is told at once that its session was ended elsewhere', async ({
  context,
  page,
}) => {
  await signIn(page)
  const told = page.evaluate(
    async () =>
      new Promise<string>((resolve, reject) => {
        const source = new EventSource('/bff/events')
        source.onopen = () => document.body.setAttribute('data-stream', 'open')
        source.onmessage = ({ data }) => resolve(String(data))
        source.onerror = () => reject(new Error('the stream ended without a word'))
      }),
  )
  await expect(page.locator('body')).toHaveAttribute('data-stream', 'open')

  // Past the browser package, which would tell the other tabs by itself.
  const elsewhere = await context.newPage()
  await openPage(elsewhere)
  expect((await postToBackend(elsewhere, '/bff/logout', {})).status).toBe(200)
  expect(await told).toBe('check')
})

test('a page without a session gets no stream', async ({ page }) => {
  await openPage(page)
  const status = await page.evaluate(async () => (await fetch('/bff/events')).status)
  expect(status).toBe(401)
})
