import { SignJWT } from 'jose'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  KEY_BINDING_REFUSALS,
  KeyBindingProvider,
  type KeyBindingErrorCode,
} from '@tmb-kit/authorization-server'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'
import {
  ACCESS_TOKEN_TYPE,
  EXCHANGE,
  JWT_TYPE,
  startExchangeWorld,
  TOKEN_EXCHANGE,
  type ExchangeInput,
  type ExchangeWorld,
} from './support/exchange.js'

const tmb = JSON.stringify({ 'x5t#S256': CERTIFICATE_THUMBPRINT })
const RESOURCE = 'https://stock.test/'

let world: ExchangeWorld
let jkt: string
let subjectToken: string
let mayAct: object | undefined
let offset = 0
let isGone = false

beforeAll(async () => {
  world = await startExchangeWorld({
    clock: () => Math.floor(Date.now() / 1000) + offset,
    configuration: {
      findAccount: (_ctx, accountId) =>
        isGone ? undefined : { accountId, claims: () => ({ sub: accountId }) },
      extraTokenClaims: () => (mayAct === undefined ? undefined : { may_act: mayAct }),
    },
  })
  jkt = await jktOf(await generateProofKey())
  subjectToken = await world.subject({ cnf: { jkt } })
})
afterAll(async () => world.as.close())
beforeEach(() => {
  mayAct = undefined
  offset = 0
  isGone = false
})

/** What differs from an exchange that is accepted. */
type Change = Omit<ExchangeInput, 'subjectToken'> & { readonly subjectToken?: string }
type Row = readonly [
  string,
  () => Change | Promise<Change>,
  word: string,
  code: KeyBindingErrorCode | undefined,
]

const otherToken = async (type: 'refresh_token' | 'id_token'): Promise<string> => {
  const code = await world.as.authorize({ resource: JWT_RESOURCE }, 'every_method')
  const { body } = await world.as.token({ clientId: 'every_method', parameters: code })
  return String(body[type])
}

const forge = async (claims: object, typ = 'at+jwt'): Promise<string> => {
  const { privateKey } = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  return new SignJWT({
    iss: world.as.issuer,
    sub: 'alice',
    client_id: 'every_method',
    aud: JWT_RESOURCE,
    scope: 'orders.read',
    ...claims,
  })
    .setProtectedHeader({ alg: 'ES256', typ, kid: 'signing' })
    .setExpirationTime('5m')
    .sign(privateKey)
}

const own = async (clientId: 'orders_api' | 'rogue'): Promise<string> => {
  const parameters = { grant_type: 'client_credentials', resource: JWT_RESOURCE }
  return String((await world.as.token({ clientId, parameters })).body['access_token'])
}

const withParameters = (parameters: Readonly<Record<string, string>>) => (): Change => ({
  parameters,
})
const withActor = (actorToken: () => Promise<string>) => async (): Promise<Change> => ({
  parameters: { actor_token: await actorToken(), actor_token_type: ACCESS_TOKEN_TYPE },
})

const ROWS: readonly Row[] = [
  [
    'TX-01: no subject token',
    () => ({ without: 'subject_token' }),
    'invalid_request',
    'subject_token_missing',
  ],
  [
    'TX-01: no type of the subject token',
    () => ({ without: 'subject_token_type' }),
    'invalid_request',
    'subject_token_missing',
  ],
  [
    'TX-01: two subject tokens',
    () => ({ rawForm: '&subject_token=x' }),
    'invalid_request',
    undefined,
  ],
  [
    'TX-03: a type that is not supported',
    withParameters({ subject_token_type: JWT_TYPE }),
    'invalid_request',
    'subject_token_type_unsupported',
  ],
  [
    'TX-03: a subject token that is none',
    () => ({ subjectToken: 'x' }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a refresh token as subject token',
    async () => ({ subjectToken: await otherToken('refresh_token') }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: an ID token as subject token',
    async () => ({ subjectToken: await otherToken('id_token') }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a token of a foreign key under our name',
    async () => ({ subjectToken: await forge({}) }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a token of a foreign issuer',
    async () => ({ subjectToken: await forge({ iss: 'https://evil.test' }) }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a token without a signature',
    () => ({ subjectToken: `${subjectToken.split('.').slice(0, 2).join('.')}.` }),
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a token with another payload',
    () => {
      const [header = '', , signature = ''] = subjectToken.split('.')
      const payload = Buffer.from('{"sub":"bob"}').toString('base64url')
      return { subjectToken: `${header}.${payload}.${signature}` }
    },
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: an expired token',
    () => {
      offset = 301
      return {}
    },
    'invalid_request',
    'subject_token_invalid',
  ],
  [
    'TX-03: a revoked token',
    async () => {
      const token = await world.subject({ cnf: { jkt }, resource: OPAQUE_RESOURCE })
      await world.as.post('/token/revocation', {
        clientId: 'every_method',
        parameters: { token },
      })
      return { subjectToken: token }
    },
    'invalid_request',
    'subject_token_invalid',
  ],
  ['TX-03: no resource', () => ({ without: 'resource' }), 'invalid_target', 'target_missing'],
  [
    'TX-03: two resources',
    () => ({ rawForm: `&resource=${encodeURIComponent(JWT_RESOURCE)}` }),
    'invalid_target',
    'target_missing',
  ],
  [
    'TX-03: a logical name beside the resource',
    withParameters({ audience: 'stock' }),
    'invalid_target',
    'target_missing',
  ],
  [
    'TX-05: a resource outside of the policy',
    withParameters({ resource: 'https://elsewhere.test/' }),
    'invalid_target',
    'target_not_permitted',
  ],
  [
    'TX-05: a resource that is a name of every object',
    withParameters({ resource: '__proto__' }),
    'invalid_target',
    'target_not_permitted',
  ],
  [
    'TX-05: a scope that the subject token does not cover',
    withParameters({ scope: 'stock.write' }),
    'invalid_scope',
    'scope_not_permitted',
  ],
  [
    'TX-05: a scope outside of the policy',
    withParameters({ scope: 'stock.read stock.burn' }),
    'invalid_scope',
    'scope_not_permitted',
  ],
  [
    'TX-05: a bound subject token, and neither tmb nor a proof',
    () => ({ without: 'tmb' }),
    'invalid_request',
    'exchange_binding_missing',
  ],
  [
    'TX-05: a proof that is none in place of tmb',
    () => ({ without: 'tmb', headers: { DPoP: 'x' } }),
    'invalid_dpop_proof',
    'exchange_proof_invalid',
  ],
  [
    'TX-05: an unbound token for a client that has bound ones only',
    async () => ({
      clientId: 'exchange_dpop_only',
      subjectToken: await world.subject(),
      without: 'tmb',
    }),
    'invalid_request',
    'exchange_binding_missing',
  ],
  [
    'TX-06: an actor that the subject token does not allow',
    async () => {
      mayAct = { sub: 'somebody_else' }
      return { subjectToken: await world.subject({ cnf: { jkt } }) }
    },
    'invalid_request',
    'actor_not_allowed',
  ],
  [
    'TX-06: a permission to act that nobody can compare',
    async () => {
      mayAct = { sub: 'orders_api', email: 'x' }
      return { subjectToken: await world.subject({ cnf: { jkt } }) }
    },
    'invalid_request',
    'actor_not_allowed',
  ],
  [
    'TX-06: an actor token of another client',
    withActor(async () => own('rogue')),
    'invalid_request',
    'actor_token_invalid',
  ],
  [
    'TX-06: an actor token that is none',
    withActor(async () => 'x'),
    'invalid_request',
    'actor_token_invalid',
  ],
  [
    'TX-06: an actor token without its type',
    async () => ({ parameters: { actor_token: await own('orders_api') } }),
    'invalid_request',
    'actor_token_type_invalid',
  ],
  [
    'TX-06: the type of an actor token that is not there',
    withParameters({ actor_token_type: ACCESS_TOKEN_TYPE }),
    'invalid_request',
    'actor_token_type_invalid',
  ],
  [
    'TX-06: a token that went through four services already',
    async () => {
      let token = subjectToken
      for (const resource of [RESOURCE, JWT_RESOURCE, RESOURCE, JWT_RESOURCE]) {
        const { body } = await world.exchange({
          subjectToken: token,
          parameters: { tmb, resource },
        })
        token = String(body['access_token'])
      }
      return { subjectToken: token }
    },
    'invalid_request',
    'actor_chain_too_long',
  ],
  [
    'TX-08: a kind of token that is not issued here',
    withParameters({ requested_token_type: 'urn:ietf:params:oauth:token-type:id_token' }),
    'invalid_request',
    'requested_token_type_unsupported',
  ],
  [
    'TX-08: a JWT for a resource with opaque tokens',
    withParameters({ requested_token_type: JWT_TYPE, resource: OPAQUE_RESOURCE }),
    'invalid_request',
    'requested_token_type_unsupported',
  ],
  [
    'TX-10: a client with tmb and without exchange',
    () => ({ clientId: 'every_method' }),
    'unauthorized_client',
    'exchange_not_permitted',
  ],
  [
    'TX-10: a client that has the grant type, and is not in the policy',
    () => ({ clientId: 'exchange_unlisted', parameters: { tmb: JSON.stringify({ jkt }) } }),
    'unauthorized_client',
    'exchange_not_permitted',
  ],
  [
    'TX-10: a client with exchange and without tmb',
    () => ({ clientId: 'exchange_only' }),
    'unauthorized_client',
    'client_not_permitted',
  ],
  [
    'TX-02: tmb that is malformed',
    withParameters({ tmb: '{}' }),
    'invalid_request',
    'tmb_malformed',
  ],
]

const exchange = async (change: Change) =>
  world.exchange({ subjectToken, ...change, parameters: { tmb, ...change.parameters } })

describe('an exchange is refused with', () => {
  it.each(ROWS)('%s', async (_what, changed, word, code) => {
    const refused = await exchange(await changed())
    expect(refused).toMatchObject({ status: 400, body: { error: word } })
    expect(refused.body).not.toHaveProperty('access_token')
    expect(refused.headers.get('Cache-Control')).toBe('no-store')
    if (code !== undefined) {
      expect(world.as.events.at(-1)).toMatchObject({
        type: 'token_request_refused',
        grantType: TOKEN_EXCHANGE,
        code,
      })
    }
    offset = 0
    isGone = false
    mayAct = undefined
    expect(await exchange({})).toMatchObject({ status: 200 })
  })
})

it('TX-10: a client with exchange alone gets what it needs no tmb for', async () => {
  const unbound = await world.subject()
  const answer = await exchange({
    clientId: 'exchange_only',
    subjectToken: unbound,
    without: 'tmb',
  })
  expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  expect(answer.body).not.toHaveProperty('cnf')
})

it('TX-03: an address that the operator does not know is invalid_target', async () => {
  const strict = await startExchangeWorld({
    features: {
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_ctx: unknown, resource: string) => {
          if (resource === RESOURCE) {
            throw Object.assign(new Error('invalid_target'), {
              statusCode: 400,
              status: 400,
              expose: true,
              error: 'invalid_target',
            })
          }
          return { audience: resource, scope: 'orders.read', accessTokenFormat: 'opaque' }
        },
      },
    },
  })
  const token = await strict.subject({ resource: OPAQUE_RESOURCE })
  const answer = await strict.exchange({ subjectToken: token })
  await strict.as.close()
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
})

it.each([
  ['without a target', { targets: {} }],
  ['with a target without a scope', { targets: { [RESOURCE]: {} } }],
])('misuse: a client %s is a TypeError', (_what, client) => {
  expect(
    () =>
      new KeyBindingProvider(
        'https://as.test',
        {},
        { tokenExchange: { clients: { api: client } } },
      ),
  ).toThrow(/client api needs a target/)
  expect(
    () => new KeyBindingProvider('https://as.test', {}, { tokenExchange: EXCHANGE }),
  ).not.toThrow()
})

it('every reason to refuse an exchange has a row', () => {
  const ofExchange = Object.keys(KEY_BINDING_REFUSALS).filter((code) =>
    /^(?:exchange|subject|actor|target|scope|requested)_/.test(code),
  )
  const covered = ROWS.map(([, , , code]) => code).concat('subject_token_of_another')
  expect(ofExchange.filter((code) => !covered.includes(code as KeyBindingErrorCode))).toEqual([])
  expect(ofExchange).toHaveLength(15)
})
