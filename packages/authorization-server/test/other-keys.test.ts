import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

const CLIENT_CREDENTIALS = { grant_type: 'client_credentials', resource: JWT_RESOURCE }
const BOUND = { ...CLIENT_CREDENTIALS, tmb: JSON.stringify({ jkt: JKT }) }

const prove = async (claims: object = {}): Promise<string> => {
  const proofKey = await generateProofKey()
  expect(await jktOf(proofKey)).not.toBe(JKT)
  const clock = (): number => Math.floor(Date.now() / 1000)
  const htu = `${as.issuer}/token`
  const factory = await createProofFactory({ proofKey, htm: 'POST', htu, clock })
  return factory.with({ claims: { ...claims } })
}

describe('AS-07: with tmb the DPoP header takes no part, if it is', () => {
  it.each([
    ['a valid proof of another key', async () => prove()],
    ['a proof for another address', async () => prove({ htu: 'https://elsewhere.test/' })],
    ['a stale proof, which would draw a nonce', async () => prove({ iat: 1 })],
    ['a proof with a foreign nonce', async () => prove({ nonce: 'x' })],
    ['no proof at all', async () => 'x'],
    ['two of them', async () => `${await prove()}, ${await prove()}`],
    ['very long', async () => 'a'.repeat(8000)],
  ])('%s', async (_what, proof) => {
    const answer = await as.token({ parameters: BOUND, headers: { DPoP: await proof() } })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(answer.body['cnf']).toStrictEqual({ jkt: JKT })
    expect(decodeJwt(String(answer.body['access_token']))['cnf']).toStrictEqual({ jkt: JKT })
    expect(answer.headers.get('DPoP-Nonce')).toBeNull()
    expect(as.events.at(-1)).toMatchObject({ type: 'token_bound', dpopHeaderIgnored: true })
  })

  it('control: without tmb the same malformed header is refused', async () => {
    const answer = await as.token({ parameters: CLIENT_CREDENTIALS, headers: { DPoP: 'x' } })
    expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_dpop_proof' } })
  })
})

describe('AS-07, AS-08: the certificate of the client', () => {
  const mtls: ClientId = 'mtls'

  it('authenticates it, and takes no part in a binding by tmb', async () => {
    const answer = await as.token({ clientId: mtls, parameters: BOUND })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(decodeJwt(String(answer.body['access_token']))['cnf']).toStrictEqual({ jkt: JKT })
  })

  it('AS-15: binds the token without tmb, as ever', async () => {
    const answer = await as.token({ clientId: mtls, parameters: CLIENT_CREDENTIALS })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    expect(answer.body).not.toHaveProperty('cnf')
    expect(decodeJwt(String(answer.body['access_token']))['cnf']).toStrictEqual({
      'x5t#S256': CERTIFICATE_THUMBPRINT,
    })
  })

  it('AS-08: is still demanded with tmb', async () => {
    const headers = { 'Content-Type': 'application/x-www-form-urlencoded' }
    const body = new URLSearchParams({ ...BOUND, client_id: mtls })
    const response = await fetch(`${as.issuer}/token`, { method: 'POST', headers, body })
    expect(response.status).toBe(401)
    expect(await response.json()).toMatchObject({ error: 'invalid_client' })
  })
})
