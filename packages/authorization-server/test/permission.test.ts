import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  KeyBindingProvider,
  type KeyBindingErrorCode,
  type OidcConfiguration,
} from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { SECRET, type ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, testConfiguration } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const jkt = { jkt: JKT }
const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }

let as: TestAuthorizationServer
let usual: OidcConfiguration

beforeAll(async () => {
  usual = await testConfiguration(undefined)
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

const redeem = async (clientId: ClientId, cnf: object | undefined): Promise<Answer> => {
  const code = await as.authorize({}, clientId)
  const tmb = cnf === undefined ? {} : { tmb: JSON.stringify(cnf) }
  return as.token({ clientId, parameters: { ...code, ...tmb } })
}

const ALLOWED: readonly [string, ClientId, object][] = [
  ['a permitted client with jkt, the default method', 'basic', jkt],
  ['a client with private_key_jwt', 'jwt', jkt],
  ['a client that lists certificates only, with one', 'certificates_only', x5t],
  ['a client that lists every method, with several', 'every_method', { ...jkt, ...x5t }],
  ['a client that must send tmb', 'bound_only', jkt],
]

const REFUSED: readonly [string, ClientId, object, KeyBindingErrorCode][] = [
  ['a client without tmb_allowed', 'unpermitted', jkt, 'client_not_permitted'],
  ['a client with tmb_allowed false', 'refused', jkt, 'client_not_permitted'],
  ['a public client, whatever its metadata', 'public', jkt, 'client_not_permitted'],
  ['x5t#S256, which is not a default', 'basic', x5t, 'method_not_permitted'],
  [
    'a client that lists certificates only, with jkt',
    'certificates_only',
    jkt,
    'method_not_permitted',
  ],
  ['one listed and one unlisted member', 'basic', { ...jkt, ...x5t }, 'method_not_permitted'],
]

describe('AS-05: permission, AS-19: for each method', () => {
  it.each(ALLOWED)('%s is allowed', async (_who, clientId, cnf) => {
    expect(await redeem(clientId, cnf)).toMatchObject({ status: 200, body: { cnf } })
  })

  it.each(REFUSED)(
    '%s is unauthorized_client, before the code is used',
    async (_who, clientId, cnf, code) => {
      const grant = await as.authorize({}, clientId)
      const refused = await as.token({
        clientId,
        parameters: { ...grant, tmb: JSON.stringify(cnf) },
      })
      expect(refused).toMatchObject({ status: 400, body: { error: 'unauthorized_client' } })
      expect(as.events.at(-1)).toMatchObject({ code, clientId })

      const control = await as.token({ clientId, parameters: grant })
      expect(control).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    },
  )

  it('AS-05: a wrong secret is 401 invalid_client, with tmb as without', async () => {
    const headers = { Authorization: `Basic ${btoa('basic:wrong')}` }
    const parameters = { grant_type: 'client_credentials', tmb: JSON.stringify(jkt) }
    const refused = await as.token({ headers, parameters })
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_client' } })
    expect((await as.token({ parameters })).status).toBe(200)
  })
})

describe('AS-14: a client that must send tmb', () => {
  it.each(['authorization_code', 'client_credentials'])(
    'gets invalid_request without it on %s',
    async (grantType) => {
      const grant =
        grantType === 'authorization_code'
          ? await as.authorize({}, 'bound_only')
          : { grant_type: grantType }
      const refused = await as.token({ clientId: 'bound_only', parameters: grant })
      expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
      expect(as.events.at(-1)).toMatchObject({ code: 'tmb_required' })

      const parameters = { ...grant, tmb: JSON.stringify(jkt) }
      const control = await as.token({ clientId: 'bound_only', parameters })
      expect(control).toMatchObject({ status: 200, body: { cnf: jkt } })
    },
  )

  it('gets invalid_request for a DPoP proof in its place', async () => {
    const parameters = { grant_type: 'client_credentials' }
    const headers = { DPoP: 'a.b.c' }
    const refused = await as.token({ clientId: 'bound_only', parameters, headers })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })

  it('gets nothing from a grant that knows no tmb', async () => {
    as.provider.registerGrantType('urn:test:other', (ctx) => {
      ctx.body = { access_token: 'a bearer token', token_type: 'Bearer' }
    })
    const request = async (clientId: ClientId): Promise<Answer> =>
      as.token({ clientId, parameters: { grant_type: 'urn:test:other' } })
    expect(await request('other_bound_only')).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect((await request('other')).status).toBe(200)
  })
})

/** Metadata, and the sentence that says what is wrong. */
const MISTAKES: readonly [object, string][] = [
  [
    { tmb_allowed: true, dpop_bound_access_tokens: true },
    'dpop_bound_access_tokens excludes tmb_allowed and tmb_bound_access_tokens',
  ],
  [
    { tmb_bound_access_tokens: true, dpop_bound_access_tokens: true },
    'dpop_bound_access_tokens excludes tmb_allowed and tmb_bound_access_tokens',
  ],
  [{ tmb_allowed: 'true' }, 'tmb_allowed must be a boolean'],
  [{ tmb_allowed: null }, 'tmb_allowed must be a boolean'],
  [{ tmb_bound_access_tokens: 1 }, 'tmb_bound_access_tokens must be a boolean'],
  ...[[], 'jkt', ['jwk'], ['jkt', 1], {}].map((methods): [object, string] => [
    { tmb_allowed: true, tmb_confirmation_methods: methods },
    'tmb_confirmation_methods must be a list of some of jkt, x5t#S256, tls_exp',
  ]),
  [
    { tmb_allowed: true, tmb_bound_access_tokens: true, response_types: ['code token'] },
    'response_types must not include "token" when tmb_bound_access_tokens is used',
  ],
  [{ tls_session_bound_access_tokens: 'yes' }, 'tls_session_bound_access_tokens must be a boolean'],
]

const REDIRECT = { redirect_uris: ['https://app.test/'], id_token_signed_response_alg: 'ES256' }

describe('AS-14: contradictory client metadata', () => {
  it.each(MISTAKES)('%j stops the start', (metadata, sentence) => {
    const client = { client_id: 'c', client_secret: SECRET, ...REDIRECT }
    const start = (extra: object): KeyBindingProvider =>
      new KeyBindingProvider('https://as.test', { ...usual, clients: [{ ...client, ...extra }] })
    expect(() => start(metadata)).toThrow(new TypeError(`client c: ${sentence}`))
    expect(() => start({ tmb_allowed: true })).not.toThrow()
  })

  it('a default for all clients counts', () => {
    const clients = [{ client_id: 'c', client_secret: SECRET, ...REDIRECT, tmb_allowed: true }]
    const clientDefaults = { dpop_bound_access_tokens: true }
    const configuration = { ...usual, clients, clientDefaults }
    expect(() => new KeyBindingProvider('https://as.test', configuration)).toThrow(TypeError)
  })

  it.each(MISTAKES)('%j is invalid_client_metadata at registration', async (metadata, sentence) => {
    const register = async (extra: object): Promise<Response> =>
      fetch(`${as.issuer}/reg`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ ...REDIRECT, ...extra }),
      })
    const refused = await register(metadata)
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error: 'invalid_client_metadata',
      error_description: sentence,
    })
    const accepted = await register({ tmb_allowed: true, tmb_confirmation_methods: ['jkt'] })
    expect(await accepted.json()).toMatchObject({
      tmb_allowed: true,
      tmb_confirmation_methods: ['jkt'],
    })
  })
})

it('misuse: an unknown option is a TypeError', () => {
  const options = { onEvnt: () => undefined }
  expect(() => new KeyBindingProvider('https://as.test', {}, options as object)).toThrow(
    new TypeError('unknown option onEvnt'),
  )
})
