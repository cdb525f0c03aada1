import { expect, test } from '@playwright/test'
import { APPLICATION, signIn, signOut } from '../../support/demo.js'

test('BR-27: nothing that reaches the page holds a refresh token, an ID token or a code verifier', async ({
  page,
}) => {
  const seen: string[] = []
  page.on('response', (response) => {
    if (!response.url().startsWith(APPLICATION)) return
    void response
      .text()
      .catch(() => '')
      .then(async (body) => {
        seen.push(`${response.url()}\n${JSON.stringify(await response.allHeaders())}\n${body}`)
      })
  })
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  await page.getByTestId('renew').click()
  await signOut(page)

  const fromBackend = seen.filter((text) => text.startsWith(`${APPLICATION}/bff/`))
  expect(fromBackend.length).toBeGreaterThanOrEqual(4)
  for (const text of fromBackend) {
    expect(text).not.toMatch(/refresh_token|id_token|code_verifier|client_assertion|client_secret/)
  }
  // One JWT is meant for the page: the access token, in the answer of /bff/token.
  for (const text of fromBackend.filter((text) => !text.startsWith(`${APPLICATION}/bff/token`))) {
    expect(text).not.toMatch(/eyJ[\w-]+\.[\w-]+\.[\w-]+/)
  }
})
