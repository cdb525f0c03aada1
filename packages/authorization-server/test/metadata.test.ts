import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

describe.each(['openid-configuration', 'oauth-authorization-server'])('/.well-known/%s', (name) => {
  it('META-01: says that tmb is understood, with what and where', async () => {
    const { status, body } = await as.get(`/.well-known/${name}`)
    expect(status).toBe(200)
    expect(body).toMatchObject({
      tmb_supported: true,
      tmb_confirmation_methods_supported: ['jkt', 'x5t#S256', 'tls_exp'],
      tmb_grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
    })
  })

  it('META-02: lists the algorithms of proofs as configured', async () => {
    const { body } = await as.get(`/.well-known/${name}`)
    expect(body['dpop_signing_alg_values_supported']).toEqual(['ES256', 'Ed25519', 'EdDSA'])
  })

  it('keeps what oidc-provider says', async () => {
    const { body } = await as.get(`/.well-known/${name}`)
    expect(body).toMatchObject({
      issuer: as.issuer,
      token_endpoint: `${as.issuer}/token`,
      authorization_response_iss_parameter_supported: true,
      code_challenge_methods_supported: ['S256'],
    })
  })
})

it('META-01: a grant that is off is not listed', async () => {
  const without = await startAuthorizationServer({
    features: { clientCredentials: { enabled: false } },
    configuration: { clients: [], scopes: ['openid'] },
  })
  const { body } = await without.get('/.well-known/openid-configuration')
  await without.close()
  expect(body['tmb_grant_types_supported']).toEqual(['authorization_code', 'refresh_token'])
})

it('META-02: a narrower choice of algorithms is what is listed', async () => {
  const narrow = await startAuthorizationServer({
    configuration: { enabledJWA: { dPoPSigningAlgValues: ['ES256'] } },
  })
  const { body } = await narrow.get('/.well-known/openid-configuration')
  await narrow.close()
  expect(body['dpop_signing_alg_values_supported']).toEqual(['ES256'])
})
