import { expect, test } from '@playwright/test'
import { API, callApi, signIn, stealCredentials } from '../../support/demo.js'
import { createThiefKey } from '../../support/thief.js'

// RFC 10017 section 5.1.1: a script copies the token once and uses it elsewhere.
test.describe('a stolen access token, used from elsewhere', () => {
  test('is refused without a proof', async ({ page }) => {
    await signIn(page)
    const { accessToken } = await stealCredentials(page)
    const { status, challenge } = await callApi({ Authorization: `DPoP ${accessToken}` })
    expect(status).toBe(401)
    expect(challenge).toContain('error="invalid_dpop_proof"')
  })

  test("is refused with the proof of the thief's own key", async ({ page }) => {
    await signIn(page)
    const { accessToken } = await stealCredentials(page)
    const thief = await createThiefKey()
    const DPoP = await thief.prove({ htm: 'GET', htu: `${API}/orders`, accessToken })
    const { status, challenge } = await callApi({ Authorization: `DPoP ${accessToken}`, DPoP })
    expect(status).toBe(401)
    expect(challenge).toContain('error="invalid_token"')
  })

  test('is refused as a bearer token', async ({ page }) => {
    await signIn(page)
    const { accessToken } = await stealCredentials(page)
    const { status, challenge } = await callApi({ Authorization: `Bearer ${accessToken}` })
    expect(status).toBe(401)
    expect(challenge).toContain('Bearer error="invalid_token"')
    expect(challenge).toContain('DPoP')
  })

  test('is refused under every other scheme, and in the URL', async ({ page }) => {
    await signIn(page)
    const { accessToken, proof } = await stealCredentials(page)
    for (const scheme of ['Basic', 'Token', 'JWT', 'PoP', 'MAC']) {
      const { status } = await callApi({ Authorization: `${scheme} ${accessToken}` })
      expect(status, scheme).toBe(401)
    }
    const inUrl = await callApi({ DPoP: proof }, { path: `/orders?access_token=${accessToken}` })
    expect([400, 401]).toContain(inUrl.status)
  })

  test('control: the same token with a fresh proof of its own key is accepted', async ({
    page,
  }) => {
    await signIn(page)
    const { accessToken, proof } = await stealCredentials(page)
    const { status } = await callApi({ Authorization: `DPoP ${accessToken}`, DPoP: proof })
    expect(status).toBe(200)
  })
})
