import { decodeJwt, decodeProtectedHeader } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import type { Answer } from './support/authorization-server.js'
import {
  CERTIFICATE_THUMBPRINT,
  JWT_RESOURCE,
  OPAQUE_RESOURCE,
  STOCK_RESOURCE,
} from './support/configuration.js'
import {
  ACCESS_TOKEN_TYPE,
  JWT_TYPE,
  startExchangeWorld,
  TOKEN_EXCHANGE,
  type ExchangeWorld,
} from './support/exchange.js'

const SERVICE = {
  'x5t#S256': CERTIFICATE_THUMBPRINT,
  tls_exp: 'EXPORTER-oauth-tls-session-bound',
}
const tmb = JSON.stringify(SERVICE)

let world: ExchangeWorld
let jkt: string

beforeAll(async () => {
  world = await startExchangeWorld()
  jkt = await jktOf(await generateProofKey())
})
afterAll(async () => world.as.close())

const claimsOf = ({ body }: Answer): Record<string, unknown> =>
  decodeJwt(String(body['access_token']))

describe.each([
  ['a JWT', JWT_RESOURCE],
  ['an opaque token', OPAQUE_RESOURCE],
])('the subject token is %s', (_kind, resource) => {
  it('TX-01: the resource server that it is for gets one for the next service', async () => {
    const subjectToken = await world.subject({ cnf: { jkt }, resource })
    const answer = await world.exchange({ subjectToken, parameters: { tmb } })
    expect(answer).toMatchObject({
      status: 200,
      body: { issued_token_type: ACCESS_TOKEN_TYPE, token_type: 'Bearer', scope: 'stock.read' },
    })
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(claimsOf(answer)).toMatchObject({
      sub: 'alice',
      aud: STOCK_RESOURCE,
      client_id: 'orders_api',
      scope: 'stock.read',
      iss: world.as.issuer,
    })
  })

  it('TX-02: cnf in the answer and in the token is what tmb asked for', async () => {
    const subjectToken = await world.subject({ cnf: { jkt }, resource })
    const answer = await world.exchange({ subjectToken, parameters: { tmb } })
    expect(answer.body['cnf']).toStrictEqual(SERVICE)
    expect(claimsOf(answer)['cnf']).toStrictEqual(SERVICE)
  })
})

it('TX-07: the answer has the cnf of the token, also where a proof bound it', async () => {
  const serviceKey = await generateProofKey()
  const subjectToken = await world.subject({ cnf: { jkt } })
  const headers = { DPoP: await world.prove(serviceKey) }
  const answer = await world.exchange({ subjectToken, headers })
  const cnf = { jkt: await jktOf(serviceKey) }
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
  expect(answer.body['cnf']).toStrictEqual(cnf)
  expect(claimsOf(answer)['cnf']).toStrictEqual(cnf)
})

it('AS-01: an opaque token is issued as well, and introspection says the same', async () => {
  const subjectToken = await world.subject({ cnf: { jkt } })
  const parameters = { resource: OPAQUE_RESOURCE, tmb: JSON.stringify({ jkt }) }
  const { body } = await world.exchange({ subjectToken, parameters })
  expect(body).toMatchObject({ token_type: 'DPoP', cnf: { jkt } })

  const introspected = await world.as.post('/token/introspection', {
    parameters: { token: String(body['access_token']) },
  })
  expect(introspected.body).toMatchObject({
    active: true,
    sub: 'alice',
    aud: OPAQUE_RESOURCE,
    cnf: { jkt },
    act: { sub: 'orders_api' },
  })
})

it('TX-05: the issued token is over when the subject token is', async () => {
  const subjectToken = await world.subject({ cnf: { jkt } })
  const answer = await world.exchange({ subjectToken, parameters: { tmb } })
  expect(claimsOf(answer)['exp']).toBeLessThanOrEqual(Number(decodeJwt(subjectToken).exp))
})

it('TX-05: without a scope it gets those of the policy that the subject token covers', async () => {
  const wide = await world.subject({ cnf: { jkt }, scope: 'orders.read orders.write' })
  const all = await world.exchange({ subjectToken: wide, parameters: { tmb } })
  expect(all.body['scope']).toBe('stock.read stock.write')
  const one = await world.exchange({
    subjectToken: wide,
    parameters: { tmb, scope: 'stock.write' },
  })
  expect(one.body['scope']).toBe('stock.write')
  expect(claimsOf(one)['scope']).toBe('stock.write')
})

describe('TX-06: act', () => {
  it('names the client, and keeps who acted before', async () => {
    const subjectToken = await world.subject({ cnf: { jkt } })
    const first = await world.exchange({ subjectToken, parameters: { tmb } })
    expect(claimsOf(first)['act']).toStrictEqual({ sub: 'orders_api' })

    const second = await world.exchange({
      subjectToken: String(first.body['access_token']),
      parameters: { tmb, resource: JWT_RESOURCE },
    })
    expect(claimsOf(second)).toMatchObject({
      sub: 'alice',
      scope: 'orders.read',
      act: { sub: 'orders_api', act: { sub: 'orders_api' } },
    })
  })

  it('names the subject of an actor token', async () => {
    const subjectToken = await world.subject({ cnf: { jkt } })
    const own = await world.as.token({
      clientId: 'orders_api',
      parameters: { grant_type: 'client_credentials', resource: JWT_RESOURCE },
    })
    const actor = {
      actor_token: String(own.body['access_token']),
      actor_token_type: ACCESS_TOKEN_TYPE,
    }
    const answer = await world.exchange({ subjectToken, parameters: { tmb, ...actor } })
    expect(claimsOf(answer)['act']).toStrictEqual({ sub: 'orders_api' })
  })
})

it('TX-08: a JWT that is no access token has the type N_A, a typ of its own, and cnf', async () => {
  const subjectToken = await world.subject({ cnf: { jkt } })
  const parameters = { tmb: JSON.stringify({ jkt }), requested_token_type: JWT_TYPE }
  const { body } = await world.exchange({ subjectToken, parameters })
  expect(body).toMatchObject({ issued_token_type: JWT_TYPE, token_type: 'N_A', cnf: { jkt } })

  const issued = String(body['access_token'])
  expect(decodeProtectedHeader(issued).typ).toBe('JWT')
  const again = await world.exchange({ subjectToken: issued, parameters: { tmb } })
  expect(again).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
})

it('TX-09: there is no refresh token in the answer', async () => {
  const subjectToken = await world.subject({ cnf: { jkt }, scope: 'orders.read offline_access' })
  const { body } = await world.exchange({ subjectToken, parameters: { tmb } })
  expect(Object.keys(body).toSorted()).toEqual([
    'access_token',
    'cnf',
    'expires_in',
    'issued_token_type',
    'scope',
    'token_type',
  ])
})

it('AS-17: an exchange with tmb is two events, without secrets', async () => {
  const before = world.as.events.length
  const subjectToken = await world.subject({ cnf: { jkt } })
  const { body } = await world.exchange({ subjectToken, parameters: { tmb } })
  const who = { clientId: 'orders_api', cnf: SERVICE, subject: 'alice' }
  expect(world.as.events.slice(before + 1)).toEqual([
    {
      ...who,
      type: 'token_exchanged',
      subjectClientId: 'every_method',
      actor: 'orders_api',
      entitlement: 'audience',
      resource: STOCK_RESOURCE,
      scope: 'stock.read',
    },
    {
      ...who,
      type: 'token_bound',
      grantType: TOKEN_EXCHANGE,
      grantId: undefined,
      dpopHeaderIgnored: false,
    },
  ])
  const written = JSON.stringify(world.as.events)
  expect(written).not.toContain(subjectToken)
  expect(written).not.toContain(String(body['access_token']))
})

it('META-01: the grant is listed where it is on', async () => {
  const { body } = await world.as.get('/.well-known/openid-configuration')
  expect(body['tmb_grant_types_supported']).toContain(TOKEN_EXCHANGE)
  expect(body['grant_types_supported']).toContain(TOKEN_EXCHANGE)
})

it('without the option there is no such grant', async () => {
  const plain = await startExchangeWorld({ tokenExchange: undefined } as never)
  const { body } = await plain.as.token({
    clientId: 'basic',
    parameters: { grant_type: TOKEN_EXCHANGE, subject_token: 'x' },
  })
  await plain.as.close()
  expect(body['error']).toBe('unsupported_grant_type')
})
