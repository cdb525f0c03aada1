import { serve, type ServerType } from '@hono/node-server'
import { createProof } from '@tmb-kit/core'
import { createOrigins, generateProofKey, jktOf, testClock } from '@tmb-kit/testkit'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  createTestIssuer,
  type TestIssuer,
} from '../../../packages/resource-server/test/support/test-issuer.js'
import { createDemoApi } from '../src/app.js'

const API = 'http://localhost:4002'
const clock = testClock()
let server: ServerType
let address: string
let issuer: TestIssuer
let proofKey: CryptoKeyPair

beforeAll(async () => {
  proofKey = await generateProofKey()
  const cnf = { jkt: await jktOf(proofKey) }
  issuer = await createTestIssuer({ clock, claims: { aud: `${API}/`, scope: 'orders.write', cnf } })
  const api = createDemoApi(
    {
      apiOrigin: API,
      issuer: 'https://as.test',
      audience: `${API}/`,
      applicationOrigin: 'http://localhost:4000',
      demandNonces: false,
      nonceLifetimeSeconds: 300,
    },
    { clock, fetch: createOrigins({ 'https://as.test': issuer.handler }).fetch },
  )
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve())
  })
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => server.close(resolve))
})

const post = async (type: string, body: string): Promise<Response> => {
  const accessToken = await issuer.token()
  const proof = await createProof({
    proofKey,
    htm: 'POST',
    htu: `${API}/orders`,
    accessToken,
    clock,
  })
  const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof, 'Content-Type': type }
  return fetch(`${address}/orders`, { method: 'POST', headers, body })
}

describe('the demo API on a real server', () => {
  it('judges proofs by its public origin, and hands the body on', async () => {
    const response = await post('application/json', '{"item":"lock"}')
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ received: { item: 'lock' } })
  })

  it('RS-DPOP-24: looks into a form, and leaves it readable', async () => {
    const refused = await post('application/x-www-form-urlencoded', 'access_token=x')
    expect(refused.status).toBe(400)
    expect(refused.headers.get('WWW-Authenticate')).toContain('error="invalid_request"')
    // The body is JSON by mistake of its sender: what the handler reads is still all of it.
    const read = await post('application/x-www-form-urlencoded', '{"item":"lock"}')
    expect(await read.json()).toEqual({ received: { item: 'lock' } })
  })
})
