import { decodeJwt } from 'jose'
import { expect, it } from 'vitest'
import { type OidcContext } from '@tmb-kit/authorization-server'
import { startAuthorizationServer } from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'

const cnf = { 'x5t#S256': CERTIFICATE_THUMBPRINT, tls_exp: 'EXPORTER-oauth-tls-session-bound' }
const clientId = 'every_method'
const parameters = { grant_type: 'client_credentials', tmb: JSON.stringify(cnf) }

it('AS-20: the JWT customizer of the operator stays in force beside tls_exp', async () => {
  const as = await startAuthorizationServer({
    configuration: {
      formats: {
        customizers: {
          jwt: (_ctx, _token, jwt) => {
            jwt.payload['tenant'] = 'acme'
          },
        },
      },
    },
  })
  const request = { ...parameters, resource: JWT_RESOURCE }
  const { body } = await as.token({ clientId, parameters: request })
  await as.close()

  expect(decodeJwt(String(body['access_token']))).toMatchObject({ tenant: 'acme', cnf })
})

it('AS-20: with signed introspection, which it cannot reach, tls_exp is refused and not offered', async () => {
  const as = await startAuthorizationServer({
    features: { jwtIntrospection: { enabled: true } },
    clientIds: ['every_method'],
    configuration: { clientDefaults: { introspection_signed_response_alg: 'ES256' } },
  })
  const refused = await as.token({ clientId, parameters })
  const tmb = JSON.stringify({ 'x5t#S256': CERTIFICATE_THUMBPRINT })
  const control = await as.token({ clientId, parameters: { ...parameters, tmb } })
  const metadata = await as.get('/.well-known/openid-configuration')
  await as.close()

  expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  expect(control.status).toBe(200)
  expect(metadata.body['tmb_confirmation_methods_supported']).toEqual(['jkt', 'x5t#S256'])
})

it('AS-20: introspection tells tls_exp to nobody whom the operator keeps out', async () => {
  const allowed: boolean[] = [true]
  const as = await startAuthorizationServer({
    features: { introspection: { enabled: true, allowedPolicy: () => allowed.at(-1) } },
  })
  const request = { ...parameters, resource: OPAQUE_RESOURCE }
  const { body } = await as.token({ clientId, parameters: request })
  const token = { parameters: { token: String(body['access_token']) } }
  const control = await as.post('/token/introspection', token)
  allowed.push(false)
  const refused = await as.post('/token/introspection', token)
  await as.close()

  expect(control.body).toMatchObject({ active: true, cnf })
  expect(refused.body).toEqual({ active: false })
})

it("the operator's own client metadata stays, and so does their validator", async () => {
  const validated: [string, unknown][] = []
  const as = await startAuthorizationServer({
    configuration: {
      extraClientMetadata: {
        properties: ['tenant'],
        validator: (_ctx: OidcContext | undefined, name: string, value: unknown) => {
          validated.push([name, value])
        },
      },
    },
  })
  const response = await fetch(`${as.issuer}/reg`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({
      redirect_uris: ['https://app.test/'],
      id_token_signed_response_alg: 'ES256',
      tenant: 'acme',
      tmb_allowed: true,
    }),
  })
  await as.close()

  expect(await response.json()).toMatchObject({ tenant: 'acme', tmb_allowed: true })
  expect(validated).toEqual([['tenant', 'acme']])
})
