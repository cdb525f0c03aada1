import { expect, test, type Response } from '@playwright/test'
import { APPLICATION, signIn, signOut } from '../../support/demo.js'

/** Address, headers and body; a redirect, and what a page was left for, has no body to read. */
async function readWhole(response: Response): Promise<string> {
  const headers = await response.allHeaders()
  const body = await response.text().catch(() => '')
  return `${response.url()}\n${JSON.stringify(headers)}\n${body}`
}

test('BR-27: nothing that reaches the page holds a refresh token, an ID token or a code verifier', async ({
  page,
}) => {
  const answers: Promise<string>[] = []
  page.on('response', (response) => {
    if (!response.url().startsWith(APPLICATION)) return
    answers.push(readWhole(response))
  })
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  await page.getByTestId('renew').click()
  await signOut(page)

  const fromBackend = (await Promise.all(answers)).filter((text) =>
    text.startsWith(`${APPLICATION}/bff/`),
  )
  expect(fromBackend.length).toBeGreaterThanOrEqual(4)
  for (const text of fromBackend) {
    expect(text).not.toMatch(/refresh_token|id_token|code_verifier|client_assertion|client_secret/)
  }
  // One JWT is meant for the page: the access token, in the answer of /bff/token.
  for (const text of fromBackend.filter((text) => !text.startsWith(`${APPLICATION}/bff/token`))) {
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
  }
})
