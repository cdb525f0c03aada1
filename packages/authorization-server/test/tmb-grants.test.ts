import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { encodeTmb, decodeTmb, type Confirmation } from '@tmb-kit/authorization-server'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'

const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }
const tlsExp = { tls_exp: 'EXPORTER-oauth-tls-session-bound' }

let as: TestAuthorizationServer
let jkt: string

beforeAll(async () => {
  as = await startAuthorizationServer()
  jkt = await jktOf(await generateProofKey())
})
afterAll(async () => as.close())

const introspect = async ({ body }: Answer): Promise<Answer['body']> =>
  (await as.post('/token/introspection', { parameters: { token: String(body['access_token']) } }))
    .body

const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  decodeJwt(String(body['access_token']))

/** One token of each grant, for one resource, with one `tmb`. */
const GRANTS: readonly [string, (request: GrantRequest) => Promise<Answer>][] = [
  ['authorization_code', async (request) => redeem(request)],
  [
    'refresh_token',
    async ({ tmb, clientId, resource }) => {
      const { body } = await redeem({ tmb, clientId, resource })
      const refresh = { grant_type: 'refresh_token', refresh_token: String(body['refresh_token']) }
      return as.token({ clientId, parameters: { ...refresh, resource, tmb } })
    },
  ],
  [
    'client_credentials',
    async ({ tmb, clientId, resource }) =>
      as.token({
        clientId,
        parameters: { grant_type: 'client_credentials', scope: 'orders.read', resource, tmb },
      }),
  ],
]

interface GrantRequest {
  readonly tmb: string
  readonly clientId: ClientId
  readonly resource: string
}

async function redeem({ tmb, clientId, resource }: GrantRequest): Promise<Answer> {
  const code = await as.authorize({ resource, scope: 'openid orders.read' }, clientId)
  return as.token({ clientId, parameters: { ...code, resource, tmb } })
}

describe.each(GRANTS)('AS-01: %s', (_grantType, issue) => {
  it.each<ClientId>(['basic', 'jwt'])(
    'AS-06, AS-09, AS-10: %s gets a JWT, a token_type and a cnf that agree',
    async (clientId) => {
      const answer = await issue({ tmb: JSON.stringify({ jkt }), clientId, resource: JWT_RESOURCE })

      expect(answer.status).toBe(200)
      expect(answer.body).toMatchObject({ token_type: 'DPoP', expires_in: 300 })
      expect(answer.body['cnf']).toStrictEqual({ jkt })
      expect(claimsOf(answer)['cnf']).toStrictEqual({ jkt })
      expect(claimsOf(answer)).not.toHaveProperty('tmb')
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
    },
  )

  it('AS-06, AS-09: introspection of an opaque token says the same', async () => {
    const tmb = JSON.stringify({ jkt })
    const answer = await issue({ tmb, clientId: 'basic', resource: OPAQUE_RESOURCE })

    expect(answer.body).toMatchObject({ token_type: 'DPoP', cnf: { jkt } })
    const introspection = await introspect(answer)
    expect(introspection).toMatchObject({ active: true, token_type: 'DPoP' })
    expect(introspection['cnf']).toStrictEqual({ jkt })
  })
})

describe.each([
  ['DPoP', 'jkt', () => ({ jkt })],
  ['Bearer', 'x5t#S256', () => x5t],
  ['Bearer', 'x5t#S256 and tls_exp', () => ({ ...x5t, ...tlsExp })],
  ['DPoP', 'jkt and x5t#S256', () => ({ jkt, ...x5t })],
  ['DPoP', 'all three', () => ({ jkt, ...x5t, ...tlsExp })],
])('EKM-22, AS-09, AS-19, AS-20: the token type is %s with %s', (tokenType, _members, cnfOf) => {
  it.each(GRANTS)('in the answer to %s, in the JWT and in introspection', async (_name, issue) => {
    const cnf = cnfOf()
    const tmb = JSON.stringify(cnf)
    const jwt = await issue({ tmb, clientId: 'every_method', resource: JWT_RESOURCE })
    expect(jwt.body).toMatchObject({ token_type: tokenType })
    expect(jwt.body['cnf']).toStrictEqual(cnf)
    expect(claimsOf(jwt)['cnf']).toStrictEqual(cnf)

    const opaque = await issue({ tmb, clientId: 'every_method', resource: OPAQUE_RESOURCE })
    const introspection = await introspect(opaque)
    expect(introspection).toMatchObject({ active: true, token_type: tokenType })
    expect(introspection['cnf']).toStrictEqual(cnf)
  })
})

it('AS-10: an answer without a binding has no cnf', async () => {
  const parameters = { grant_type: 'client_credentials', resource: JWT_RESOURCE }
  const bearer = await as.token({ parameters })
  expect(bearer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  expect(bearer.body).not.toHaveProperty('cnf')
  const bound = await as.token({ parameters: { ...parameters, tmb: JSON.stringify({ jkt }) } })
  expect(bound.body['cnf']).toStrictEqual({ jkt })
})

it('AS-19: both members are there though oidc-provider itself allows one only', async () => {
  const cnf = { jkt, ...x5t }
  const answer = await as.token({
    clientId: 'every_method',
    parameters: {
      grant_type: 'client_credentials',
      resource: JWT_RESOURCE,
      tmb: JSON.stringify(cnf),
    },
  })
  expect(claimsOf(answer)['cnf']).toStrictEqual(cnf)
})

it('AS-03: the codec writes one JSON object and reads its own writing', () => {
  const supported = ['jkt', 'x5t#S256', 'tls_exp'] as const
  const value = JSON.stringify({ jkt, ...x5t, ...tlsExp })
  const confirmation: Confirmation = decodeTmb(value, { supported })

  expect(confirmation).toStrictEqual(JSON.parse(value))
  expect(decodeTmb(encodeTmb(confirmation), { supported })).toStrictEqual(confirmation)
  expect(new URLSearchParams({ tmb: encodeTmb({ jkt: confirmation.jkt! }) }).toString()).toBe(
    `tmb=%7B%22jkt%22%3A%22${jkt}%22%7D`,
  )
})
