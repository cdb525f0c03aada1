import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { KEY_BINDING_REFUSALS, type KeyBindingErrorCode } from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
  type TokenRequestInput,
} from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const VALID = JSON.stringify({ jkt: JKT })
const LABEL = 'EXPORTER-oauth-tls-session-bound'

let as: TestAuthorizationServer
let code: Readonly<Record<string, string>>

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())
beforeEach(async () => {
  code = await as.authorize({ resource: JWT_RESOURCE, scope: 'openid orders.read' }, 'every_method')
})

const redeem = async (changes: Partial<TokenRequestInput>): Promise<Answer> =>
  as.token({
    clientId: 'every_method',
    ...changes,
    parameters: { ...code, resource: JWT_RESOURCE, ...changes.parameters },
  })

/** What is wrong, our code for it, and the value as it is sent. */
const MALFORMED: readonly [string, KeyBindingErrorCode, string][] = [
  ['an empty value', 'tmb_malformed', ''],
  ['white space', 'tmb_malformed', ' '],
  ['a number', 'tmb_malformed', '1'],
  ['true', 'tmb_malformed', 'true'],
  ['null', 'tmb_malformed', 'null'],
  ['a string', 'tmb_malformed', JSON.stringify(JKT)],
  ['the bare thumbprint', 'tmb_malformed', JKT],
  ['an array', 'tmb_malformed', JSON.stringify([{ jkt: JKT }])],
  ['an empty object', 'tmb_malformed', '{}'],
  ['two objects', 'tmb_malformed', `${VALID}${VALID}`],
  ['text after the object', 'tmb_malformed', `${VALID}x`],
  ['an object that does not end', 'tmb_malformed', VALID.slice(0, -1)],
  ['a trailing comma', 'tmb_malformed', `{"jkt":"${JKT}",}`],
  ['single quotes', 'tmb_malformed', `{'jkt':'${JKT}'}`],
  ['a byte order mark', 'tmb_malformed', `\uFEFF${VALID}`],
  ['a nested form string', 'tmb_malformed', `jkt=${JKT}`],
  ['base64url of JSON', 'tmb_malformed', Buffer.from(VALID).toString('base64url')],
  ['JSON that is form-encoded twice', 'tmb_malformed', encodeURIComponent(VALID)],
  ['the same member twice', 'tmb_malformed', `{"jkt":"${JKT}","jkt":"${JKT}"}`],
  ['the same member twice, once escaped', 'tmb_malformed', `{"jkt":"${JKT}","\\u006akt":"${JKT}"}`],
  ['a member __proto__', 'tmb_malformed', `{"__proto__":{"jkt":"${JKT}"}}`],
  ['__proto__ beside jkt', 'tmb_malformed', `{"jkt":"${JKT}","__proto__":{}}`],
  ['nine levels of nesting', 'tmb_malformed', `${'{"jkt":'.repeat(9)}1${'}'.repeat(9)}`],
  ['one octet over 2 KiB', 'tmb_too_large', VALID.padEnd(2049)],
  ['over 2 KiB in octets, not in characters', 'tmb_too_large', `{"jkt":"${'ä'.repeat(1024)}"}`],
]

const MEMBERS: typeof MALFORMED = [
  ['a member constructor', 'tmb_member_unknown', `{"constructor":"${JKT}"}`],
  ['a member toString', 'tmb_member_unknown', `{"toString":"${JKT}"}`],
  ['a whole key', 'tmb_member_unknown', '{"jwk":{"kty":"EC","crv":"P-256","x":"","y":"","d":""}}'],
  ['a whole key beside jkt', 'tmb_member_unknown', `{"jkt":"${JKT}","jwk":{}}`],
  ['a reference to a key', 'tmb_member_unknown', '{"jku":"https://evil.test/jwks"}'],
  ['a key id', 'tmb_member_unknown', '{"kid":"1"}'],
  ['an encrypted key', 'tmb_member_unknown', '{"jwe":"a.b.c.d.e"}'],
  ['a member of another method', 'tmb_member_unknown', '{"htsk":"x"}'],
  ['a member in another case', 'tmb_member_unknown', `{"JKT":"${JKT}"}`],
  ['an unknown member beside jkt', 'tmb_member_unknown', `{"jkt":"${JKT}","x":1}`],
  ['a jkt of 42 characters', 'tmb_member_invalid', `{"jkt":"${JKT.slice(1)}"}`],
  ['a jkt of 44 characters', 'tmb_member_invalid', `{"jkt":"A${JKT}"}`],
  ['a jkt with padding', 'tmb_member_invalid', `{"jkt":"${JKT}="}`],
  ['a jkt in plain base64', 'tmb_member_invalid', `{"jkt":"${JKT.replace('-', '+')}"}`],
  ['a jkt with stray bits', 'tmb_member_invalid', `{"jkt":"${JKT.slice(0, -1)}J"}`],
  ['a jkt with a line end', 'tmb_member_invalid', `{"jkt":"${JKT}\\n"}`],
  ['a jkt that is a number', 'tmb_member_invalid', '{"jkt":1}'],
  ['a jkt that is null', 'tmb_member_invalid', '{"jkt":null}'],
  ['a jkt that is a list', 'tmb_member_invalid', `{"jkt":["${JKT}"]}`],
  ['a jkt that is an object', 'tmb_member_invalid', `{"jkt":{"jkt":"${JKT}"}}`],
  ['an empty jkt', 'tmb_member_invalid', '{"jkt":""}'],
  ['an x5t#S256 of 42 characters', 'tmb_member_invalid', `{"x5t#S256":"${JKT.slice(1)}"}`],
  ['an x5t#S256 with stray bits', 'tmb_member_invalid', `{"x5t#S256":"${JKT.slice(0, -1)}J"}`],
  ['a good jkt beside a bad x5t#S256', 'tmb_member_invalid', `{"jkt":"${JKT}","x5t#S256":""}`],
  ['tls_exp alone', 'tmb_member_invalid', `{"tls_exp":"${LABEL}"}`],
  ['tls_exp with jkt', 'tmb_member_invalid', `{"jkt":"${JKT}","tls_exp":"${LABEL}"}`],
  [
    'another label in tls_exp',
    'tmb_member_invalid',
    JSON.stringify({ 'x5t#S256': CERTIFICATE_THUMBPRINT, tls_exp: 'x' }),
  ],
]

const controls = async (): Promise<void> => {
  const accepted = await redeem({ parameters: { tmb: VALID } })
  expect(accepted).toMatchObject({ status: 200, body: { token_type: 'DPoP', cnf: { jkt: JKT } } })
}

describe.each([
  ['AS-03', MALFORMED],
  ['AS-04', MEMBERS],
])('%s: tmb that is', (_row, values) => {
  it.each(values)('%s is refused (%s), and the code survives', async (_what, errorCode, tmb) => {
    const refused = await redeem({ parameters: { tmb } })

    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(refused.body['error_description']).toBe(KEY_BINDING_REFUSALS[errorCode].message)
    expect(refused.body['error_description']).toContain('tmb')
    expect(as.events.at(-1)).toMatchObject({ type: 'token_request_refused', code: errorCode })
    await controls()
  })

  it('AS-03: exactly 2 KiB long is accepted', async () => {
    expect((await redeem({ parameters: { tmb: VALID.padEnd(2048) } })).status).toBe(200)
  })
})

/** What is wrong with the request around a `tmb`. */
const MISPLACED: readonly [string, Partial<TokenRequestInput>][] = [
  ['twice', { parameters: { tmb: VALID }, rawForm: `&tmb=${encodeURIComponent(VALID)}` }],
  ['twice, once empty', { parameters: { tmb: VALID }, rawForm: '&tmb=' }],
  ['twice, both empty', { rawForm: '&tmb=&tmb=' }],
  ['empty, without an equals sign', { rawForm: '&tmb' }],
  ['with its name percent-encoded, and empty', { rawForm: '&%74mb=' }],
  ['in the query only', { query: `?tmb=${encodeURIComponent(VALID)}` }],
  ['in the query too', { parameters: { tmb: VALID }, query: '?tmb=' }],
  ['after a thousand other parameters', { rawForm: `${'&x'.repeat(1000)}&tmb=${VALID}` }],
  ['as JSON', { headers: { 'Content-Type': 'application/json' }, parameters: { tmb: VALID } }],
]

describe('AS-02, AS-13: tmb that is given', () => {
  it.each(MISPLACED)('%s is refused, and the code survives', async (_what, changes) => {
    const refused = await redeem(changes)

    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(refused.body).not.toHaveProperty('access_token')
    await controls()
  })
})

describe('AS-25: the refusal', () => {
  it.each([
    ['invalid_request', { parameters: { tmb: '' } }],
    ['unauthorized_client', { clientId: 'unpermitted', parameters: { tmb: VALID } }],
  ] as const)('%s is JSON, 400 and never stored', async (error, changes) => {
    const { status, headers, body } = await redeem(changes)

    expect(status).toBe(400)
    expect(headers.get('Cache-Control')).toBe('no-store')
    expect(headers.get('Content-Type')).toContain('application/json')
    expect(Object.keys(body).sort()).toEqual(['error', 'error_description'])
    expect(body['error']).toBe(error)
  })
})

describe('protocol.md: on another grant', () => {
  beforeAll(() => {
    as.provider.registerGrantType('urn:test:other', (ctx) => {
      ctx.body = { access_token: 'a bearer token', token_type: 'Bearer' }
    })
  })

  it('AS-13: tmb is refused, since a token without a binding would come of it', async () => {
    const other = { clientId: 'other' as const, parameters: { grant_type: 'urn:test:other' } }
    const refused = await as.token({ ...other, rawForm: '&tmb=' })

    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
    expect(as.events.at(-1)).toMatchObject({ code: 'grant_type_unsupported' })
    expect(await as.token(other)).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  })
})
