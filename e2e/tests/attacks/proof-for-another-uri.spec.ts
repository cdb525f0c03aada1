import { expect, test } from '@playwright/test'
import { API, callApi, signIn, stealCredentials } from '../../support/demo.js'
import { createThiefKey } from '../../support/thief.js'

test('a proof for one URI or method opens no other', async ({ page }) => {
  await signIn(page)
  const cases = [
    { stolen: { method: 'GET', url: `${API}/whoami` }, used: { path: '/orders', method: 'GET' } },
    { stolen: { method: 'GET', url: `${API}/orders/` }, used: { path: '/orders', method: 'GET' } },
    { stolen: { method: 'GET', url: `${API}/orders` }, used: { path: '/orders', method: 'POST' } },
  ]
  for (const { stolen, used } of cases) {
    const { accessToken, proof } = await stealCredentials(page, stolen)
    const refused = await callApi({ Authorization: `DPoP ${accessToken}`, DPoP: proof }, used)
    expect(refused.status, `${stolen.url} for ${used.path}`).toBe(401)
    expect(refused.challenge).toContain('error="invalid_dpop_proof"')
  }

  const { accessToken, proof } = await stealCredentials(page)
  expect((await callApi({ Authorization: `DPoP ${accessToken}`, DPoP: proof })).status).toBe(200)
})

test('T-14: a proof for another server is refused, whatever Host says', async ({ page }) => {
  await signIn(page)
  const { accessToken } = await stealCredentials(page)
  const thief = await createThiefKey()
  const DPoP = await thief.prove({ htm: 'GET', htu: 'http://evil.example/orders', accessToken })
  const { status } = await callApi({
    Authorization: `DPoP ${accessToken}`,
    DPoP,
    Host: 'evil.example',
  })
  expect(status).toBe(401)
})

test('BR-18: the page signs for no server that is not on its list', async ({ page }) => {
  await signIn(page)
  const refusals = await page.evaluate(async () => {
    const urls = [
      'https://evil.example/orders',
      'http://localhost:9/orders',
      'http://localhost.evil.example/orders',
    ]
    return Promise.all(
      urls.map(async (url) =>
        window.tmb.authorize({ method: 'GET', url }).then(
          () => 'signed',
          (error: unknown) => (error as { code?: string }).code ?? 'no code',
        ),
      ),
    )
  })
  expect(refusals).toHaveLength(3)
  for (const refusal of refusals) expect(refusal).not.toMatch(/^(?:signed|no code)$/)
})
