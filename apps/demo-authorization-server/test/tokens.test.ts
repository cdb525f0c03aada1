import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import { createBrowser } from './support/browser.js'
import { API, APPLICATION, claimsOf, startDemo, type Answer, type Demo } from './support/demo.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const tmb = { tmb: JSON.stringify({ jkt: JKT }) }

let demo: Demo

beforeAll(async () => {
  demo = await startDemo()
})
afterAll(async () => demo.close())

const signIn = async ({
  server = demo,
  browser = createBrowser(server.issuer),
  extra = {},
} = {}): Promise<Answer> => {
  const { url, codeVerifier } = await server.authorize()
  const page = await browser.open(url)
  const { url: callback } =
    page.url.origin === APPLICATION
      ? page
      : await browser.submit(page, { login: 'alice', password: 'demo' })
  return server.redeem(callback, codeVerifier, extra)
}

const refresh = async (
  { body }: Answer,
  extra: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  demo.post('/token', {
    grant_type: 'refresh_token',
    refresh_token: String(body['refresh_token']),
    resource: API,
    ...extra,
  })

describe('demo.md: a sign-in gives', () => {
  it('a JWT of five minutes for the API, bound to the key that tmb names', async () => {
    const { status, body } = await signIn({ extra: tmb })
    expect(status).toBe(200)
    expect(body).toMatchObject({ token_type: 'DPoP', expires_in: 300, cnf: { jkt: JKT } })
    const [header = ''] = String(body['access_token']).split('.')
    const type = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as object
    expect(type).toMatchObject({ typ: 'at+jwt', alg: 'ES256' })
    expect(claimsOf(body['access_token'])).toMatchObject({
      iss: demo.issuer,
      aud: API,
      sub: 'alice',
      client_id: 'demo-backend',
      scope: 'orders.read orders.write',
      cnf: { jkt: JKT },
      acr: 'urn:tmb-kit:demo:password',
      amr: ['pwd'],
    })
  })

  it('LO-12: an ID token that says who it is, and when he signed in', async () => {
    const before = Math.floor(Date.now() / 1000)
    const { body } = await signIn({ extra: tmb })
    const claims = claimsOf(body['id_token'])
    expect(claims).toMatchObject({
      iss: demo.issuer,
      aud: 'demo-backend',
      sub: 'alice',
      name: 'Alice Example',
      nonce: 'n',
    })
    expect(claims['auth_time']).toBeGreaterThanOrEqual(before)
    expect(claims['sid']).toBeTypeOf('string')
    expect(claimsOf(body['access_token'])['auth_time']).toBe(claims['auth_time'])
  })

  it('a refresh token, and at each refresh the time of the sign-in stays', async () => {
    const opened = await signIn({ extra: tmb })
    const refreshed = await refresh(opened, { scope: 'orders.read' })
    expect(refreshed).toMatchObject({
      status: 200,
      body: { cnf: { jkt: JKT }, scope: 'orders.read' },
    })
    const [before, after] = [opened, refreshed].map(({ body }) => claimsOf(body['access_token']))
    expect(after?.['auth_time']).toBe(before?.['auth_time'])
    expect(after?.['auth_time']).toBeTypeOf('number')
    expect(after?.['jti']).not.toBe(before?.['jti'])
  })

  it('a token for the API even where no resource is named', async () => {
    const { url, codeVerifier } = await demo.authorize({ resource: API })
    const browser = createBrowser(demo.issuer)
    const page = await browser.submit(await browser.open(url), { login: 'bob', password: 'demo' })
    const { body } = await demo.post('/token', {
      grant_type: 'authorization_code',
      code: page.url.searchParams.get('code') ?? '',
      redirect_uri: `${APPLICATION}/bff/callback`,
      code_verifier: codeVerifier,
    })
    expect(claimsOf(body['access_token'])).toMatchObject({ aud: API, sub: 'bob' })
  })

  it('nothing for another resource', async () => {
    await expect(demo.authorize({ resource: 'https://elsewhere.test/' })).rejects.toThrow(
      'invalid_target',
    )
  })
})

it('one sign-in outlives the revocation of another of the same browser', async () => {
  const browser = createBrowser(demo.issuer)
  const first = await signIn({ browser, extra: tmb })
  const second = await signIn({ browser, extra: tmb })
  const revoked = await demo.post('/token/revocation', {
    token: String(first.body['refresh_token']),
  })
  expect(revoked.status).toBe(200)
  expect((await refresh(first)).body['error']).toBe('invalid_grant')
  expect((await refresh(second)).status).toBe(200)
})

it('introspection tells the client of its own tokens', async () => {
  const { body } = await signIn({ extra: tmb })
  const answer = await demo.post('/token/introspection', { token: String(body['refresh_token']) })
  expect(answer.body).toMatchObject({ active: true, client_id: 'demo-backend' })
})

describe('MODE=handoff: oidc-provider without the plugin', () => {
  let plain: Demo

  beforeAll(async () => {
    plain = await startDemo({ mode: 'handoff', demandNonces: true })
  })
  afterAll(async () => plain.close())

  it('says nothing of tmb, and ignores it', async () => {
    const response = await fetch(`${plain.issuer}/.well-known/openid-configuration`)
    const metadata = (await response.json()) as Record<string, unknown>
    expect(metadata).not.toHaveProperty('tmb_supported')
    expect(metadata['dpop_signing_alg_values_supported']).toContain('ES256')
    const { status, body } = await signIn({ server: plain, extra: tmb })
    expect(status).toBe(200)
    expect(body['token_type']).toBe('Bearer')
  })

  it('DPOP_NONCE=1: binds to the key of a proof that carries its nonce', async () => {
    const proofKey = await generateProofKey()
    const clock = (): number => Math.floor(Date.now() / 1000)
    const htu = `${plain.issuer}/token`
    const proofs = await createProofFactory({ proofKey, htm: 'POST', htu, clock })
    const jkt = await jktOf(proofKey)
    const { url, codeVerifier } = await plain.authorize({ dpop_jkt: jkt })
    const browser = createBrowser(plain.issuer)
    const { url: callback } = await browser.submit(await browser.open(url), {
      login: 'alice',
      password: 'demo',
    })

    const asked = await plain.redeem(callback, codeVerifier, {}, { DPoP: await proofs.valid() })
    expect(asked).toMatchObject({ status: 400, body: { error: 'use_dpop_nonce' } })
    const nonce = asked.headers.get('DPoP-Nonce')
    const proof = await proofs.with({ claims: { nonce } })
    const { status, body } = await plain.redeem(callback, codeVerifier, {}, { DPoP: proof })
    expect(status).toBe(200)
    expect(body['token_type']).toBe('DPoP')
    expect(claimsOf(body['access_token'])['cnf']).toEqual({ jkt })
  })
})
