import { expect, test } from '@playwright/test'
import { callApi, signIn, stealCredentials } from '../../support/demo.js'

// RFC 9449 section 11.1: a request that was captured is sent again.
test('a proof counts once: its replay is refused', async ({ page }) => {
  await signIn(page)
  const { accessToken, proof } = await stealCredentials(page)
  const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof }
  expect((await callApi(headers)).status).toBe(200)

  const replayed = await callApi(headers)
  expect(replayed.status).toBe(401)
  expect(replayed.challenge).toContain('error="invalid_dpop_proof"')
})

test('of twenty uses of one proof at once, one is accepted', async ({ page }) => {
  await signIn(page)
  const { accessToken, proof } = await stealCredentials(page)
  const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof }
  const answers = await Promise.all(Array.from({ length: 20 }, async () => callApi(headers)))
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  expect(answers.filter(({ status }) => status === 401)).toHaveLength(19)
})
