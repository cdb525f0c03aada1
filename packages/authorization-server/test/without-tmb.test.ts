import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf, type ProofFactory } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { JWT_RESOURCE } from './support/configuration.js'

let as: TestAuthorizationServer
let jkt: string
let proofs: ProofFactory

beforeAll(async () => {
  as = await startAuthorizationServer()
  const proofKey = await generateProofKey()
  jkt = await jktOf(proofKey)
  const clock = (): number => Math.floor(Date.now() / 1000)
  proofs = await createProofFactory({ proofKey, htm: 'POST', htu: `${as.issuer}/token`, clock })
})
afterAll(async () => as.close())

const CLIENT_CREDENTIALS = { grant_type: 'client_credentials', resource: JWT_RESOURCE }

describe.each<ClientId>(['basic', 'unpermitted', 'jwt'])(
  'AS-15: without tmb, client %s',
  (clientId) => {
    it('gets a bearer token for a code, and for its refresh token', async () => {
      const opened = await as.token({ clientId, parameters: await as.authorize({}, clientId) })
      expect(opened).toMatchObject({ status: 200, body: { token_type: 'Bearer', id_token: /\./ } })

      const refreshToken = String(opened.body['refresh_token'])
      const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
      const refreshed = await as.token({ clientId, parameters })
      expect(refreshed).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
      for (const { body } of [opened, refreshed]) expect(body).not.toHaveProperty('cnf')
    })

    it('gets a token bound to the key of its proof', async () => {
      const headers = { DPoP: await proofs.valid() }
      const answer = await as.token({ clientId, parameters: CLIENT_CREDENTIALS, headers })
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
      expect(answer.body).not.toHaveProperty('cnf')
      expect(decodeJwt(String(answer.body['access_token']))['cnf']).toStrictEqual({ jkt })
    })

    it('may prove another key at each refresh, as RFC 9449 section 5 lets a confidential client', async () => {
      const parameters = await as.authorize({}, clientId)
      const opened = await as.token({
        clientId,
        parameters,
        headers: { DPoP: await proofs.valid() },
      })
      expect(opened.body['token_type']).toBe('DPoP')
      const refreshToken = String(opened.body['refresh_token'])
      const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken }
      expect(await as.token({ clientId, parameters: refresh })).toMatchObject({
        status: 200,
        body: { token_type: 'Bearer' },
      })
    })
  },
)

describe('AS-15: the refusals of DPoP stay what they were', () => {
  const request = async (proof: string, clientId: ClientId = 'basic') =>
    as.token({ clientId, parameters: CLIENT_CREDENTIALS, headers: { DPoP: proof } })

  it.each([
    ['a proof for another address', { htu: 'https://elsewhere.test/' }, 'invalid_dpop_proof'],
    ['a proof for another method', { htm: 'GET' }, 'invalid_dpop_proof'],
    ['a stale proof', { iat: 1 }, 'use_dpop_nonce'],
    ['a foreign nonce', { nonce: 'x' }, 'use_dpop_nonce'],
  ])('%s', async (_what, claims, error) => {
    const answer = await request(await proofs.with({ claims }))
    expect(answer).toMatchObject({ status: 400, body: { error } })
    expect((await request(await proofs.valid())).status).toBe(200)
  })

  it('a replayed proof', async () => {
    const proof = await proofs.valid()
    expect((await request(proof)).status).toBe(200)
    expect(await request(proof)).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('no proof from a client that must bring one', async () => {
    const refused = await as.token({ clientId: 'dpop_only', parameters: CLIENT_CREDENTIALS })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await request(await proofs.valid(), 'dpop_only')).status).toBe(200)
  })

  it('a public client gets a refresh token that is bound to its key', async () => {
    const clientId = 'public'
    const parameters = await as.authorize({}, clientId)
    const opened = await as.token({ clientId, parameters, headers: { DPoP: await proofs.valid() } })
    const refreshToken = String(opened.body['refresh_token'])
    const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken }
    const refused = await as.token({ clientId, parameters: refresh })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const headers = { DPoP: await proofs.valid() }
    expect((await as.token({ clientId, parameters: refresh, headers })).status).toBe(200)
  })
})

it('AS-15: introspection of an ordinary token has no cnf', async () => {
  const { body } = await as.token({ parameters: { grant_type: 'client_credentials' } })
  const parameters = { token: String(body['access_token']) }
  const introspection = await as.post('/token/introspection', { parameters })
  expect(introspection.body).toMatchObject({ active: true, token_type: 'Bearer' })
  expect(introspection.body).not.toHaveProperty('cnf')
})
