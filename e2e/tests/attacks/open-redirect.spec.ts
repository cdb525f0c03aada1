import { expect, test } from '@playwright/test'
import { APPLICATION, openPage, postToBackend, submitPassword } from '../../support/demo.js'

const HOSTILE = [
  'https://evil.example/',
  '//evil.example',
  '/\\evil.example',
  '\\\\evil.example',
  '/\t/evil.example',
  'javascript:alert(1)',
  'https:evil.example',
  ' //evil.example',
  'data:text/html,x',
]

test('SES-21: no return_to leads to another origin', async ({ page }) => {
  await openPage(page)
  const jkt = await page.getByTestId('jkt').innerText()
  for (const return_to of HOSTILE) {
    const answer = await postToBackend(page, '/bff/login', { jkt, return_to })
    expect(answer, return_to).toMatchObject({ status: 400, body: { error: 'invalid_return_to' } })
  }
})

test('control: a path of the application is where the sign-in ends', async ({ page }) => {
  await openPage(page)
  const jkt = await page.getByTestId('jkt').innerText()
  const answer = await postToBackend(page, '/bff/login', { jkt, return_to: '/?from=test#part' })
  await page.goto((answer.body as { authorization_url: string }).authorization_url)
  await submitPassword(page, 'alice')
  await page.waitForURL(`${APPLICATION}/?from=test#part`)
  await expect(page.getByTestId('status')).toHaveText('signed-in')
})

test("T-08: an attacker's callback opened in the user's browser starts no session", async ({
  page,
}) => {
  const response = await page.goto(`${APPLICATION}/bff/callback?code=stolen&state=foreign`)
  expect(response?.status()).toBe(400)
  await openPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-out')
})
