import { encodeBase64urlText } from '@tmb-kit/core'
import { generateProofKey } from '@tmb-kit/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { API, ISSUER, type TokenChanges } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const NOW = 1_800_000_000
const claims = (members: Readonly<Record<string, unknown>>): TokenChanges => ({ claims: members })
const header = (members: Readonly<Record<string, unknown>>): TokenChanges => ({ header: members })

describe('RS-DPOP-26: a JWT access token with one thing wrong', () => {
  it.each<readonly [string, TokenChanges, string]>([
    ['no typ', header({ typ: undefined }), 'token_type_invalid'],
    ['the typ of an ID token', header({ typ: 'JWT' }), 'token_type_invalid'],
    ['the typ of a proof', header({ typ: 'dpop+jwt' }), 'token_type_invalid'],
    ['the typ of a logout token', header({ typ: 'logout+jwt' }), 'token_type_invalid'],
    ['the alg none', header({ alg: 'none' }), 'token_algorithm_refused'],
    ['a symmetric alg', header({ alg: 'HS256' }), 'token_algorithm_refused'],
    ['no alg', header({ alg: undefined }), 'token_algorithm_refused'],
    ['an alg of other keys', header({ alg: 'RS256' }), 'token_key_unknown'],
    ['crit', header({ crit: ['b64'], b64: true }), 'token_critical_header'],
    ['zip', header({ zip: 'DEF' }), 'token_critical_header'],
    ['an unknown kid', header({ kid: 'another' }), 'token_key_unknown'],
    ['a kid that is a number', header({ kid: 1 }), 'token_malformed'],
    ['another issuer', claims({ iss: 'https://evil.test' }), 'token_issuer_refused'],
    ['the issuer with a slash', claims({ iss: `${ISSUER}/` }), 'token_issuer_refused'],
    ['no issuer', claims({ iss: undefined }), 'token_claims_invalid'],
    ['another audience', claims({ aud: 'https://other.test' }), 'token_audience_refused'],
    ['the audience with a slash', claims({ aud: `${API}/` }), 'token_audience_refused'],
    ['other audiences', claims({ aud: ['https://other.test'] }), 'token_audience_refused'],
    ['no audience', claims({ aud: undefined }), 'token_claims_invalid'],
    ['an empty list of audiences', claims({ aud: [] }), 'token_claims_invalid'],
    ['an audience that is an object', claims({ aud: { [API]: true } }), 'token_claims_invalid'],
    ['an exp of now', claims({ exp: NOW }), 'token_expired'],
    ['an exp of the past', claims({ exp: NOW - 3600 }), 'token_expired'],
    ['no exp', claims({ exp: undefined }), 'token_claims_invalid'],
    ['an exp that is a string', claims({ exp: '1900000000' }), 'token_claims_invalid'],
    ['an iat of the future', claims({ iat: NOW + 61 }), 'token_not_yet_valid'],
    ['an nbf of the future', claims({ nbf: NOW + 61 }), 'token_not_yet_valid'],
    ['no iat', claims({ iat: undefined }), 'token_claims_invalid'],
    ['no sub', claims({ sub: undefined }), 'token_claims_invalid'],
    ['an empty sub', claims({ sub: '' }), 'token_claims_invalid'],
    ['no client_id', claims({ client_id: undefined }), 'token_claims_invalid'],
    ['no jti', claims({ jti: undefined }), 'token_claims_invalid'],
    ['a scope that is a list', claims({ scope: ['orders.read'] }), 'token_claims_invalid'],
    ['a member given twice', { rawClaims: '{"iss":"a","iss":"b"}' }, 'token_malformed'],
    [
      'a header member given twice',
      { rawHeader: '{"alg":"ES256","alg":"none"}' },
      'token_malformed',
    ],
    ['a payload that is no object', { rawClaims: '[]' }, 'token_malformed'],
  ])('%s is refused', async (_, token, code) => {
    const verifier = world.verifier()
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
    const outcome = await outcomeOf(verifier, await world.request({ token }))
    expect(outcome).toMatchObject({ code, status: 401 })
    expect(outcome.challenge).toMatch(
      /^DPoP error="invalid_token", error_description="[^"]+", algs="ES256"$/,
    )
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
  })

  it('a signature by another key, and a changed payload', async () => {
    const { privateKey } = await generateProofKey()
    const forged = await world.request({ token: { signWith: privateKey } })
    expect(await outcomeOf(world.verifier(), forged)).toMatchObject({
      code: 'token_signature_invalid',
    })

    const [head, , tail] = (await world.issuer.token()).split('.')
    const payload = {
      iss: ISSUER,
      sub: 'admin',
      aud: API,
      exp: NOW + 300,
      iat: NOW,
      jti: 'x',
      client_id: 'c',
      cnf: { jkt: world.jkt },
    }
    const accessToken = `${head}.${encodeBase64urlText(JSON.stringify(payload))}.${tail}`
    expect(await outcomeOf(world.verifier(), await world.request({ accessToken }))).toMatchObject({
      code: 'token_signature_invalid',
    })
  })

  it.each(['opaque', 'a.b', 'a.b.c', 'a.b.c.d.e', 'x'.repeat(20_000), '===', 'a b'])(
    'a token that is no JWT: %#',
    async (accessToken) => {
      const request = await world.request({ accessToken: 'opaque' })
      const headers = new Headers(request.headers)
      headers.set('Authorization', `DPoP ${accessToken}`)
      expect(
        await outcomeOf(world.verifier(), new Request(request.url, { headers })),
      ).toMatchObject({
        code: 'token_malformed',
        status: 401,
      })
    },
  )

  it('a JWT under the key of the page: the jwk of its header is not a key of the issuer', async () => {
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', world.proofKey.publicKey)
    const accessToken = await world.issuer.token({
      header: { kid: undefined, jwk: { kty, crv, x, y } },
      signWith: world.proofKey.privateKey,
    })
    expect(await outcomeOf(world.verifier(), await world.request({ accessToken }))).toMatchObject({
      code: 'token_signature_invalid',
    })
  })
})

describe('RS-DPOP-26: a JWT access token that is good', () => {
  it.each<readonly [string, TokenChanges]>([
    ['the long form of typ', header({ typ: 'application/at+jwt' })],
    ['a typ in capitals, since media types have no case', header({ typ: 'at+JWT' })],
    ['several audiences with ours among them', claims({ aud: ['https://other.test', API] })],
    ['an iat 10 s ahead, for clocks that differ', claims({ iat: NOW + 10 })],
    ['a last second', claims({ exp: NOW + 1 })],
    ['no kid', header({ kid: undefined })],
    [
      'claims that nest deeper than ours',
      claims({ authorization_details: [{ a: [{ b: { c: [{ d: { e: {} } }] } }] }] }),
    ],
    ['no scope', claims({ scope: undefined })],
  ])('%s is accepted', async (_, token) => {
    expect(await outcomeOf(world.verifier(), await world.request({ token }))).toMatchObject({
      code: 'accepted',
    })
  })

  it('RS-DPOP-32: the result says who, what for, and what was enforced; it cannot be changed', async () => {
    const token = claims({ scope: 'orders.read orders.write' })
    const verified = await world.verifier().verify(await world.request({ token }))
    expect(verified).toMatchObject({
      claims: { sub: 'alice', client_id: 'demo-backend' },
      scopes: ['orders.read', 'orders.write'],
      cnf: { jkt: world.jkt },
      jkt: world.jkt,
    })
    expect(verified).not.toHaveProperty('nonce')
    expect(Object.isFrozen(verified)).toBe(true)
  })
})
