import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyBindingProvider } from '@tmb-kit/authorization-server'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { SECRET, type ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'

const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }
const session = { ...x5t, tls_exp: 'EXPORTER-oauth-tls-session-bound' }
const tmb = JSON.stringify(x5t)
const headers = { 'x-test-certificate': '1' }

let as: TestAuthorizationServer
let jkt: string

beforeAll(async () => {
  as = await startAuthorizationServer()
  jkt = await jktOf(await generateProofKey())
})
afterAll(async () => as.close())

type Extra = Readonly<Record<string, string>>

/** What a client sends beside its grant to say which certificate it is. */
interface Way {
  readonly clientId: ClientId
  readonly parameters: Extra
  readonly headers: Extra
}

const BY_TMB: Way = { clientId: 'session_by_tmb', parameters: { tmb }, headers: {} }
const BY_CERTIFICATE: Way = { clientId: 'session_by_certificate', parameters: {}, headers }

const ofItself = async ({ parameters, ...way }: Way, resource: string): Promise<Answer> => {
  const own = { grant_type: 'client_credentials', scope: 'orders.read', resource }
  return as.token({ ...way, parameters: { ...own, ...parameters } })
}
const ofUser = async ({ parameters, ...way }: Way, resource: string): Promise<Answer> => {
  const scope = 'openid offline_access orders.read'
  const code = await as.authorize({ resource, scope, prompt: 'login' }, way.clientId)
  return as.token({ ...way, parameters: { ...code, resource, ...parameters } })
}
const refreshed = async (way: Way, resource: string, first: Way = way): Promise<Answer> => {
  const { body } = await ofUser(first, resource)
  const refreshToken = String(body['refresh_token'])
  const refresh = { grant_type: 'refresh_token', refresh_token: refreshToken, resource }
  return as.token({ ...way, parameters: { ...refresh, ...way.parameters } })
}
const cnfOf = async ({ body }: Answer, resource: string): Promise<unknown> => {
  const accessToken = String(body['access_token'])
  if (resource === JWT_RESOURCE) return decodeJwt(accessToken)['cnf']

  const parameters = { token: accessToken }
  return (await as.post('/token/introspection', { parameters })).body['cnf']
}

describe.each([
  ['tmb', BY_TMB],
  ['its certificate', BY_CERTIFICATE],
])('EKM-23: a client with tls_session_bound_access_tokens, bound by %s,', (_way, way) => {
  it.each([
    ['client_credentials', ofItself],
    ['authorization_code', ofUser],
    ['refresh_token', refreshed],
  ])('gets tls_exp on %s, in a JWT and in introspection', async (_grantType, issue) => {
    for (const resource of [JWT_RESOURCE, OPAQUE_RESOURCE]) {
      const answer = await issue(way, resource)
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
      expect(await cnfOf(answer, resource)).toStrictEqual(session)
    }
  })
})

it('EKM-23: the default is off: the same requests of another client give no tls_exp', async () => {
  const answer = await ofItself({ ...BY_TMB, clientId: 'every_method' }, JWT_RESOURCE)
  expect(answer.body['cnf']).toStrictEqual(x5t)
  expect(await cnfOf(answer, JWT_RESOURCE)).toStrictEqual(x5t)
})

it('EKM-23: with tmb the answer says so, and a refresh without tmb keeps it', async () => {
  expect((await ofItself(BY_TMB, JWT_RESOURCE)).body['cnf']).toStrictEqual(session)
  const answer = await refreshed({ ...BY_TMB, parameters: {} }, JWT_RESOURCE, BY_TMB)
  expect(answer).toMatchObject({ status: 200, body: { cnf: session } })
})

describe('EKM-23: where a request brings no certificate, there is no weaker token', () => {
  const REFUSED: readonly [string, () => Promise<Answer>, string | undefined][] = [
    [
      'tmb with a jkt only',
      async () =>
        ofItself({ ...BY_TMB, parameters: { tmb: JSON.stringify({ jkt }) } }, JWT_RESOURCE),
      'session_binding_missing',
    ],
    ['no tmb', async () => ofItself({ ...BY_TMB, parameters: {} }, JWT_RESOURCE), 'tmb_required'],
    [
      'no tmb, and a certificate that binds no token of this client',
      async () => ofItself({ ...BY_TMB, parameters: {}, headers }, JWT_RESOURCE),
      'tmb_required',
    ],
    [
      'a code and no tmb',
      async () => ofUser({ ...BY_TMB, parameters: {} }, JWT_RESOURCE),
      'tmb_required',
    ],
    [
      'no certificate',
      async () => ofItself({ ...BY_CERTIFICATE, headers: {} }, JWT_RESOURCE),
      undefined,
    ],
    [
      'a refresh without the certificate',
      async () => refreshed({ ...BY_CERTIFICATE, headers: {} }, JWT_RESOURCE, BY_CERTIFICATE),
      undefined,
    ],
  ]

  it.each(REFUSED)('%s', async (_what, ask, code) => {
    const { status, body } = await ask()
    expect(status).toBe(400)
    expect(body).not.toHaveProperty('access_token')
    if (code !== undefined) expect(as.events.at(-1)).toMatchObject({ code })
    for (const way of [BY_TMB, BY_CERTIFICATE]) {
      expect((await ofItself(way, JWT_RESOURCE)).status).toBe(200)
    }
  })

  it('a code that was sent without tmb is not used up', async () => {
    const code = await as.authorize({}, 'session_by_tmb')
    const clientId = 'session_by_tmb'
    expect((await as.token({ clientId, parameters: code })).status).toBe(400)
    expect((await as.token({ clientId, parameters: { ...code, tmb } })).status).toBe(200)
  })
})

describe('EKM-23: contradictory metadata stops the start', () => {
  const flag = { tls_session_bound_access_tokens: true }
  const valid = { ...flag, tls_client_certificate_bound_access_tokens: true }
  const start = (metadata: object, features = {}): KeyBindingProvider =>
    new KeyBindingProvider('https://as.test', {
      clients: [
        {
          client_id: 'c',
          client_secret: SECRET,
          redirect_uris: ['https://app.test/'],
          ...metadata,
        },
      ],
      features: { mTLS: { enabled: true, certificateBoundAccessTokens: true }, ...features },
    })
  const missing =
    'needs x5t#S256 in tmb_confirmation_methods, or tls_client_certificate_bound_access_tokens'

  it.each<[string, object, object?]>([
    [`tls_session_bound_access_tokens ${missing}`, flag],
    [`tls_session_bound_access_tokens ${missing}`, { ...flag, tmb_allowed: true }],
    [
      `tls_session_bound_access_tokens ${missing}`,
      { ...flag, tmb_confirmation_methods: ['x5t#S256'] },
    ],
    [
      'dpop_bound_access_tokens excludes tls_session_bound_access_tokens',
      { ...valid, dpop_bound_access_tokens: true },
    ],
    [
      'response_types must not include "token" when tls_session_bound_access_tokens is used',
      { ...valid, response_types: ['code token'] },
    ],
    [
      'tls_session_bound_access_tokens is not supported here',
      valid,
      { introspection: { enabled: true }, jwtIntrospection: { enabled: true } },
    ],
  ])('%s', (sentence, metadata, features) => {
    expect(() => start(valid)).not.toThrow()
    expect(() => start(metadata, features)).toThrow(new TypeError(`client c: ${sentence}`))
    expect(() =>
      start({ ...flag, tmb_allowed: true, tmb_confirmation_methods: ['x5t#S256'] }),
    ).not.toThrow()
  })
})
