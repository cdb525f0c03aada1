import { expect, test } from '@playwright/test'
import { API, callApi, signIn, stealCredentials } from '../support/demo.js'

test('the page shows what both tokens are bound to, side by side', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')

  const jkt = await page.getByTestId('jkt').innerText()
  const ofBrowser: unknown = JSON.parse(await page.getByTestId('hop-api-cnf').innerText())
  const ofApi: unknown = JSON.parse(await page.getByTestId('hop-inventory-cnf').innerText())
  expect(ofBrowser).toEqual({ jkt })
  expect(ofApi).toEqual({
    'x5t#S256': expect.stringMatching(/^[\w-]{43}$/) as unknown as string,
    tls_exp: 'EXPORTER-oauth-tls-session-bound',
  })
  await expect(page.getByTestId('api-body')).toContainText('"stock"')
})

test('T-01 T-23: a stolen browser token asks the inventory for nothing, by no way', async ({
  page,
}) => {
  await signIn(page)
  const { accessToken } = await stealCredentials(page)
  const asBearer = await callApi({ Authorization: `Bearer ${accessToken}` })
  const withoutProof = await callApi({ Authorization: `DPoP ${accessToken}` })
  for (const { status } of [asBearer, withoutProof]) expect(status).toBe(401)

  const orders = await page.evaluate(async (url) => {
    const response = await window.tmb.fetch(url)
    return (await response.json()) as { inventory: { hops: unknown[] } }
  }, `${API}/orders`)
  expect(orders.inventory.hops).toHaveLength(2)
  expect(JSON.stringify(orders)).not.toContain(accessToken)
})
