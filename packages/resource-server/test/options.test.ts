import {
  createCors,
  createVerifier,
  memoryReplayStore,
  type VerifierOptions,
} from '@tmb-kit/resource-server'
import { cors } from '@tmb-kit/resource-server/hono'
import { redisReplayStore } from '@tmb-kit/resource-server/redis'
import { describe, expect, it } from 'vitest'
import { API, ISSUER } from './support/test-issuer.js'

const GOOD = { origins: [API], issuer: ISSUER, audience: API }
const KEY = { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }

describe('createVerifier', () => {
  it('control: takes the least that it needs', () => {
    expect(() => createVerifier(GOOD)).not.toThrow()
  })

  it.each<readonly [string, object | undefined, RegExp]>([
    ['no options', undefined, /options/],
    ['an unknown option', { algorithm: 'ES256' }, /algorithm is not an option/],
    ['no origins', { origins: undefined }, /origins/],
    ['an empty list of origins', { origins: [] }, /origins/],
    ['an origin that is not in a list', { origins: API }, /origins/],
    ['an origin over http', { origins: ['http://api.test'] }, /origins/],
    ['an origin with a query', { origins: [`${API}?x`] }, /origins/],
    ['an origin with a user', { origins: ['https://u@api.test'] }, /origins/],
    ['an origin without a scheme', { origins: ['api.test'] }, /origins/],
    ['no issuer', { issuer: undefined }, /issuer/],
    ['an empty list of issuers', { issuer: [] }, /issuer/],
    ['an issuer over http', { issuer: 'http://as.test' }, /issuer/],
    ['an issuer with a fragment', { issuer: 'https://as.test#x' }, /issuer/],
    ['one issuer twice', { issuer: [ISSUER, { issuer: ISSUER }] }, /issuer/],
    [
      'an issuer with an unknown option',
      { issuer: [{ issuer: ISSUER, audience: 'x' }] },
      /audience/,
    ],
    [
      'keys for two issuers at once',
      { issuer: [ISSUER, 'https://b.test'], jwks: { keys: [KEY] } },
      /jwks/,
    ],
    ['no audience', { audience: undefined }, /audience/],
    ['an empty audience', { audience: '' }, /audience/],
    ['keys that are no set', { jwks: [KEY] }, /jwks/],
    ['an empty key set', { jwks: { keys: [] } }, /jwks/],
    ['a private key in the set', { jwks: { keys: [{ ...KEY, d: 'd' }] } }, /jwks/],
    ['a symmetric key in the set', { jwks: { keys: [{ kty: 'oct', k: 'k' }] } }, /jwks/],
    ['an unknown algorithm', { algorithms: ['HS256'] }, /algorithms/],
    ['no algorithm', { algorithms: [] }, /algorithms/],
    ['an unknown method', { enforce: ['jwk'] }, /enforce/],
    ['no method', { enforce: [] }, /enforce/],
    ['a flag that is a string', { allowBearer: 'false' }, /allowBearer/],
    ['a strictness that is a number', { strictConfirmation: 1 }, /strictConfirmation/],
    ['a window of nothing', { maxAgeSeconds: 0 }, /maxAgeSeconds/],
    ['a window with a fraction', { maxAgeSeconds: 1.5 }, /maxAgeSeconds/],
    ['a negative skew', { futureSkewSeconds: -1 }, /futureSkewSeconds/],
    ['a leeway for tokens beyond 60 s', { issuerSkewSeconds: 61 }, /issuerSkewSeconds/],
    ['a store that cannot claim', { replayStore: {} }, /replayStore/],
    ['no store at all', { replayStore: null }, /replayStore/],
    [
      'a nonce source that only makes',
      { nonceSource: { current: async () => 'n' } },
      /nonceSource/,
    ],
    ['a clock that stands in a number', { clock: 1 }, /clock/],
    ['a fetch that is none', { fetch: 'fetch' }, /fetch/],
    ['a listener that is none', { onEvent: {} }, /onEvent/],
  ])('refuses %s, in one sentence, at construction', (_, change, sentence) => {
    const options = change === undefined ? undefined : { ...GOOD, ...change }
    expect(() => createVerifier(options as VerifierOptions)).toThrow(TypeError)
    expect(() => createVerifier(options as VerifierOptions)).toThrow(sentence)
  })

  it.each([
    { origins: ['http://localhost:4002'], issuer: 'http://localhost:4001' },
    { origins: ['http://127.0.0.1:4002'], issuer: 'http://[::1]:4001' },
    { origins: ['http://api.localhost:4002'], issuer: 'http://as.localhost' },
    { origins: [`${API}/v1`], issuer: 'https://as.test/realms/a' },
  ])('takes loopback over http, prefixes and paths: %j', (change) => {
    expect(() => createVerifier({ ...GOOD, ...change })).not.toThrow()
  })

  it.each([
    { scope: '' },
    { scope: ['a'] },
    { scope: 'a  b' },
    { scope: 'a"b' },
    { acrValues: [] },
    { acrValues: ['a b'] },
    { maxAgeSeconds: -1 },
    { maxAgeSeconds: 1.5 },
    { scopes: 'a' },
  ])('refuses the requirement %j', (requirement) => {
    expect(() => createVerifier(GOOD).authorize(requirement as object)).toThrow(TypeError)
  })
})

describe('the other factories', () => {
  it.each([
    ['cors', () => cors({ origins: ['https://app.test'], origin: 'https://other.test' } as never)],
    ['cors', () => createCors({ origins: ['https://app.test'], credentials: true } as never)],
    ['redisReplayStore', () => redisReplayStore({ redis: {}, keyPrefix: 'x' } as never)],
    ['memoryReplayStore', () => memoryReplayStore({ size: 1 } as never)],
  ])('of %s refuse an option that nobody reads', (owner, create) => {
    expect(create).toThrow(TypeError)
    expect(create).toThrow(`is not an option of ${owner}`)
  })
})
