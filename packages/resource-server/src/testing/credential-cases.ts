import { encodeBase64urlText } from '@tmb-kit/core'
import type { AccessTokenErrorCode } from '../access-token-error.js'
import { refusalCase, type CaseRequest, type CaseWorld, type RefusalCase } from './refusal-case.js'

const FORM = 'application/x-www-form-urlencoded'

/** A proof is about the very text that goes along, so that only the token is wrong. */
const withToken = async (world: CaseWorld, accessToken: string, scheme = 'DPoP') => ({
  headers: { Authorization: `${scheme} ${accessToken}`, DPoP: await world.proof() },
})
const credentials = (
  rule: string,
  reason: AccessTokenErrorCode,
  cases: Readonly<Record<string, (world: CaseWorld) => CaseRequest | Promise<CaseRequest>>>,
): readonly RefusalCase[] =>
  Object.entries(cases).map(([title, make]) => refusalCase(rule, reason, title, make))
const authorization =
  (make: (world: CaseWorld) => string) =>
  async (world: CaseWorld): Promise<CaseRequest> => ({
    headers: { Authorization: make(world), DPoP: await world.proof() },
  })

/** How the token is presented, RFC 6750 section 2 and RFC 9449 section 7. */
export const CREDENTIAL_CASES: readonly RefusalCase[] = [
  ...credentials('RS-DPOP-25', 'credentials_missing', {
    'no credentials': () => ({ headers: {} }),
    'a proof alone': async (world) => ({ headers: { DPoP: await world.proof() } }),
    'the scheme Basic': authorization(({ accessToken }) => `Basic ${accessToken}`),
    'the scheme Token': authorization(({ accessToken }) => `Token ${accessToken}`),
    'the scheme MAC': authorization(({ accessToken }) => `MAC ${accessToken}`),
    'a scheme that begins like ours': authorization(({ accessToken }) => `DPoPx ${accessToken}`),
    'the token without a scheme': authorization(({ accessToken }) => accessToken),
  }),
  ...credentials('RS-DPOP-22', 'token_scheme_mismatch', {
    'the bound token as Bearer': ({ accessToken }) => ({
      headers: { Authorization: `Bearer ${accessToken}` },
    }),
    'the bound token as Bearer, with a good proof': authorization(
      ({ accessToken }) => `Bearer ${accessToken}`,
    ),
    'the bound token as bearer in small letters': ({ accessToken }) => ({
      headers: { Authorization: `bearer ${accessToken}` },
    }),
  }),
  ...credentials('RS-DPOP-24', 'credentials_repeated', {
    'the token twice': authorization(
      ({ accessToken }) => `DPoP ${accessToken}, DPoP ${accessToken}`,
    ),
    'the token as DPoP and as Bearer': authorization(
      ({ accessToken }) => `DPoP ${accessToken}, Bearer ${accessToken}`,
    ),
    'the token after another scheme': authorization(
      ({ accessToken }) => `Basic eDp5, DPoP ${accessToken}`,
    ),
    'the token and an empty scheme': authorization(
      ({ accessToken }) => `DPoP ${accessToken},Bearer`,
    ),
  }),
  ...credentials('RS-DPOP-24', 'token_in_query', {
    'the token in the query as well': async (world) => ({
      ...(await withToken(world, world.accessToken)),
      query: `access_token=${world.accessToken}`,
    }),
    'an empty token in the query as well': async (world) => ({
      ...(await withToken(world, world.accessToken)),
      query: 'access_token=',
    }),
    'the token in the query alone': ({ accessToken }) => ({
      headers: {},
      query: `access_token=${accessToken}`,
    }),
    'the token in the query under an encoded name': ({ accessToken }) => ({
      headers: {},
      query: `access%5Ftoken=${accessToken}`,
    }),
  }),
  ...credentials('RS-DPOP-24', 'token_in_body', {
    'the token in a form as well': async (world) => ({
      method: 'POST',
      headers: {
        Authorization: `DPoP ${world.accessToken}`,
        DPoP: await world.proof({ claims: { htm: 'POST' } }),
        'Content-Type': FORM,
      },
      body: `access_token=${world.accessToken}`,
    }),
  }),
  ...credentials('RFC 6750 2.1', 'token_malformed', {
    'a scheme without a token': authorization(() => 'DPoP'),
    'a quoted token': authorization(({ accessToken }) => `DPoP "${accessToken}"`),
    'a token as a parameter': authorization(({ accessToken }) => `DPoP token="${accessToken}"`),
    'two tokens': authorization(({ accessToken }) => `DPoP ${accessToken} ${accessToken}`),
    'a token of one dot': async (world) => withToken(world, '.'),
    'a token of two dots': async (world) => withToken(world, '..'),
    'a token of nonsense': async (world) => withToken(world, 'nonsense'),
    'a token with a segment more': async (world) => withToken(world, `${world.accessToken}.AAAA`),
    'a token without its signature': async (world) =>
      withToken(world, world.accessToken.slice(0, world.accessToken.lastIndexOf('.'))),
    'a token with an empty signature': async (world) =>
      withToken(world, world.accessToken.slice(0, world.accessToken.lastIndexOf('.') + 1)),
    'a token with padding': async (world) => withToken(world, `${world.accessToken}=`),
  }),
  refusalCase('RS-DPOP-26', 'token_algorithm_refused', 'a token with the alg none', async (world) =>
    withToken(world, rewriteHeader(world.accessToken, { alg: 'none' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_algorithm_refused',
    'a token with a symmetric alg',
    async (world) => withToken(world, rewriteHeader(world.accessToken, { alg: 'HS256' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_type_invalid',
    'a token with the typ of an ID token',
    async (world) => withToken(world, rewriteHeader(world.accessToken, { typ: 'JWT' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_type_invalid',
    'the proof in the place of the token',
    async (world) => withToken(world, await world.proof()),
  ),
  refusalCase('RS-DPOP-26', 'token_critical_header', 'a token with crit', async (world) =>
    withToken(world, rewriteHeader(world.accessToken, { crit: ['b64'], b64: true })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_key_unknown',
    'a token that names a key nobody has',
    async (world) =>
      withToken(world, rewriteHeader(world.accessToken, { kid: 'nobody-has-this-key' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_signature_invalid',
    'a token with a changed claim',
    async (world) => withToken(world, rewriteClaims(world.accessToken, { sub: 'somebody-else' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_signature_invalid',
    'a token bound to another key by hand',
    async (world) =>
      withToken(world, rewriteClaims(world.accessToken, { cnf: { jkt: 'A'.repeat(43) } })),
  ),
  refusalCase('RS-DPOP-26', 'token_issuer_refused', 'a token of another issuer', async (world) =>
    withToken(world, rewriteClaims(world.accessToken, { iss: 'https://evil.example' })),
  ),
  refusalCase(
    'RS-DPOP-26',
    'token_audience_refused',
    'a token for another audience',
    async (world) =>
      withToken(world, rewriteClaims(world.accessToken, { aud: 'https://evil.example' })),
  ),
  refusalCase('RS-DPOP-26', 'token_expired', 'a token that has expired', async (world) =>
    withToken(world, rewriteClaims(world.accessToken, { exp: 1 })),
  ),
  refusalCase('RS-DPOP-26', 'token_not_yet_valid', 'a token of the future', async (world) =>
    withToken(world, rewriteClaims(world.accessToken, { iat: world.now + 3600 })),
  ),
]

function rewriteHeader(token: string, members: Readonly<Record<string, unknown>>): string {
  const [header = '', ...rest] = token.split('.')
  return [rewrite(header, members), ...rest].join('.')
}

function rewriteClaims(token: string, members: Readonly<Record<string, unknown>>): string {
  const [header = '', payload = '', ...rest] = token.split('.')
  return [header, rewrite(payload, members), ...rest].join('.')
}

function rewrite(segment: string, members: Readonly<Record<string, unknown>>): string {
  const octets = Uint8Array.from(
    atob(segment.replaceAll('-', '+').replaceAll('_', '/')),
    (character) => character.charCodeAt(0),
  )
  const parsed = JSON.parse(new TextDecoder().decode(octets)) as Record<string, unknown>
  return encodeBase64urlText(JSON.stringify({ ...parsed, ...members }))
}
