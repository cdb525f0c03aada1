import { createProof } from '@tmb-kit/core'
import { createOrigins, generateProofKey, jktOf, testClock } from '@tmb-kit/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import {
  createTestIssuer,
  type TestIssuer,
} from '../../../packages/resource-server/test/support/test-issuer.js'
import { createDemoApi } from '../src/app.js'

const API = 'http://localhost:4002'
const PAGE = 'http://localhost:4000'
const clock = testClock()
const settings = {
  apiOrigin: API,
  issuer: 'https://as.test',
  audience: `${API}/`,
  applicationOrigin: PAGE,
  demandNonces: false,
  nonceLifetimeSeconds: 300,
}
let issuer: TestIssuer
let proofKey: CryptoKeyPair
let jkt: string

beforeAll(async () => {
  proofKey = await generateProofKey()
  jkt = await jktOf(proofKey)
  const scope = 'orders.read orders.write'
  issuer = await createTestIssuer({
    clock,
    claims: { aud: `${API}/`, scope, auth_time: clock(), cnf: { jkt } },
  })
})

const apiOf = (changes: Partial<typeof settings> = {}) =>
  createDemoApi(
    { ...settings, ...changes },
    { clock, fetch: createOrigins({ 'https://as.test': issuer.handler }).fetch },
  )

async function call(
  api: ReturnType<typeof apiOf>,
  path: string,
  options: {
    readonly claims?: Readonly<Record<string, unknown>>
    readonly method?: string
    readonly body?: string
    readonly nonce?: string
  } = {},
): Promise<Response> {
  const { claims, method = 'GET', body = null, nonce } = options
  const accessToken = await issuer.token(claims === undefined ? {} : { claims })
  const htu = `${API}${path}`
  const proof = await createProof({
    proofKey,
    htm: method,
    htu,
    accessToken,
    clock,
    ...(nonce !== undefined && { nonce }),
  })
  const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof, Origin: PAGE }
  return api.request(htu, { method, headers, body })
}

describe('the demo API', () => {
  it('says what it is without a token, and may not be framed', async () => {
    const response = await apiOf().request(`${API}/`)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
    expect(response.headers.get('X-Content-Type-Options')).toBe('nosniff')
    expect(await response.json()).toMatchObject({ name: 'tmb-kit demo API' })
  })

  it.each(['/orders', '/whoami', '/vault'])('wants a token for %s', async (path) => {
    const response = await apiOf().request(`${API}${path}`, { headers: { Origin: PAGE } })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('DPoP algs="ES256"')
    expect(response.headers.get('Access-Control-Allow-Origin')).toBe(PAGE)
  })

  it('shows the orders to a bound token with its proof', async () => {
    const response = await call(apiOf(), '/orders')
    expect(response.status).toBe(200)
    expect(await response.json()).toHaveProperty('orders')
  })

  it('takes an order with the scope for it, and shows what it received', async () => {
    const response = await call(apiOf(), '/orders', { method: 'POST', body: '{"item":"lock"}' })
    expect(await response.json()).toEqual({ received: { item: 'lock' } })
  })

  it('refuses an order without the scope for it', async () => {
    const claims = { scope: 'orders.read' }
    const response = await call(apiOf(), '/orders', { method: 'POST', body: '{}', claims })
    expect(response.status).toBe(403)
    expect(response.headers.get('WWW-Authenticate')).toContain('scope="orders.write"')
  })

  it('refuses an order that is not JSON', async () => {
    const response = await call(apiOf(), '/orders', { method: 'POST', body: '{' })
    expect(response.status).toBe(400)
  })

  it('refuses a body beyond 64 KiB', async () => {
    const body = JSON.stringify('x'.repeat(70_000))
    expect((await call(apiOf(), '/orders', { method: 'POST', body })).status).toBe(413)
  })

  it('says who is calling', async () => {
    const response = await call(apiOf(), '/whoami')
    expect(await response.json()).toEqual({
      sub: 'alice',
      client_id: 'demo-backend',
      scope: 'orders.read orders.write',
      cnf: { jkt },
      jkt,
    })
  })

  it('RFC 9470: opens the vault only within 60 s of the authentication', async () => {
    expect((await call(apiOf(), '/vault')).status).toBe(200)

    const response = await call(apiOf(), '/vault', { claims: { auth_time: clock() - 61 } })
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toMatch(
      /^DPoP error="insufficient_user_authentication".* max_age="60"/,
    )
  })

  it('demands nonces when it is told to, and offers the next one on success', async () => {
    const api = apiOf({ demandNonces: true })
    const refused = await call(api, '/orders')
    expect(refused.status).toBe(401)
    expect(refused.headers.get('WWW-Authenticate')).toContain('error="use_dpop_nonce"')

    const nonce = refused.headers.get('DPoP-Nonce') ?? ''
    const accepted = await call(api, '/orders', { nonce })
    expect(accepted.status).toBe(200)
    expect(accepted.headers.get('DPoP-Nonce')).toBe(nonce)
  })
})
