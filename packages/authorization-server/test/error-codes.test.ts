import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  KEY_BINDING_REFUSALS,
  KeyBindingError,
  type KeyBindingErrorCode,
  type TokenExchangeErrorCode,
} from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const OTHER = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
const bound = { tmb: JSON.stringify({ jkt: JKT }) }
const CLIENT_CREDENTIALS = { grant_type: 'client_credentials' }

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer({
    oneTimeUseStore: { claim: async () => lose.at(-1) !== true },
  })
  as.provider.registerGrantType('urn:test:other', () => undefined)
})
afterAll(async () => as.close())

const lose: boolean[] = []
const other = { clientId: 'other' as const, parameters: { grant_type: 'urn:test:other' } }

const ask = async (tmb: object): Promise<Answer> =>
  as.token({ parameters: { ...CLIENT_CREDENTIALS, tmb: JSON.stringify(tmb) } })

const refresh = async (opening: object, tmb: object): Promise<Answer> => {
  const { body } = await as.token({ parameters: { ...(await as.authorize()), ...opening } })
  const refreshToken = String(body['refresh_token'])
  return as.token({
    parameters: {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      tmb: JSON.stringify(tmb),
    },
  })
}

/** Those of a token exchange are in token-exchange-refusals.test.ts. */
type Reason = Exclude<KeyBindingErrorCode, TokenExchangeErrorCode>

/** One request for each reason there is: a reason without one does not compile. */
const REASONS: Readonly<Record<Reason, () => Promise<Answer>>> = {
  assertion_contradicts_tmb: async () =>
    as.token({
      clientId: 'jwt',
      parameters: { ...CLIENT_CREDENTIALS, ...bound },
      assertionClaims: { tmb: { jkt: OTHER } },
    }),
  audience_required: async () =>
    as.token({ clientId: 'audience_required', parameters: { ...CLIENT_CREDENTIALS, ...bound } }),
  parameters_too_many: async () =>
    as.token({ parameters: CLIENT_CREDENTIALS, rawForm: '&x'.repeat(1000) }),
  tmb_repeated: async () => as.token({ ...other, rawForm: '&tmb=&tmb=' }),
  tmb_outside_body: async () => as.token({ parameters: CLIENT_CREDENTIALS, query: '?tmb=%7B%7D' }),
  tmb_too_large: async () => ask({ jkt: 'x'.repeat(2048) }),
  tmb_malformed: async () => ask([]),
  tmb_member_unknown: async () => ask({ jkt: JKT, jwk: {} }),
  tmb_member_invalid: async () => ask({ jkt: 'x' }),
  tmb_required: async () => as.token({ clientId: 'bound_only', parameters: CLIENT_CREDENTIALS }),
  session_binding_missing: async () =>
    as.token({ clientId: 'session_by_tmb', parameters: { ...CLIENT_CREDENTIALS, ...bound } }),
  grant_type_unsupported: async () => as.token({ ...other, rawForm: '&tmb=%7B%7D' }),
  client_not_permitted: async () =>
    as.token({ clientId: 'unpermitted', parameters: { ...CLIENT_CREDENTIALS, ...bound } }),
  method_not_permitted: async () => ask({ 'x5t#S256': CERTIFICATE_THUMBPRINT }),
  code_bound_to_another_key: async () =>
    as.token({ parameters: { ...(await as.authorize({ dpop_jkt: OTHER })), ...bound } }),
  grant_bound_to_another_key: async () => refresh(bound, { jkt: OTHER }),
  grant_not_bound: async () => refresh({}, { jkt: OTHER }),
  grant_already_used: async () => {
    const parameters = { ...(await as.authorize()), ...bound }
    lose.push(true)
    const answer = await as.token({ parameters })
    lose.pop()
    return answer
  },
}

it.each(Object.entries(REASONS))('%s is one word on the wire', async (code, provoke) => {
  const answer = await provoke()
  const { error, message, status = 400 } = KEY_BINDING_REFUSALS[code as KeyBindingErrorCode]
  expect(answer).toMatchObject({ status, body: { error } })
  // What is wrong with the authentication of a client is nothing to tell who failed to authenticate.
  const described = status === 401 ? 'client authentication failed' : message
  expect(answer.body['error_description']).toBe(described)
  expect(as.events.at(-1)).toMatchObject({ type: 'token_request_refused', code })

  const parameters = { ...CLIENT_CREDENTIALS, ...bound }
  expect(await as.token({ parameters })).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })
})

it('an error says its code and nothing of the request', () => {
  const error = new KeyBindingError('grant_not_bound')
  expect(error).toBeInstanceOf(Error)
  expect(Object.entries(error)).toEqual([
    ['name', 'KeyBindingError'],
    ['code', 'grant_not_bound'],
  ])
  expect(error.message).toBe('the grant was issued without tmb')
})
