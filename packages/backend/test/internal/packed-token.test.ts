import { encodeBase64urlText } from '@tmb-kit/core'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { isPackedToken, packToken, unpackToken } from '../../src/session/packed-token.js'

const jwt = (...parts: readonly string[]): string =>
  [...parts.map(encodeBase64urlText), 'c2lnbmF0dXJl'].join('.')

const HEADER = '{"alg":"ES256"}'

const JWTS: readonly string[] = [
  jwt(HEADER, '{}'),
  jwt(HEADER, '{"sub":"a","exp":1800000000,"x":[null,true,{"y":1.5}],"ü":"\u2028"}'),
  jwt(HEADER, '{"a":1}').replace(/[^.]+$/, ''),
]

const OTHERS: readonly string[] = [
  '',
  'opaque',
  'a.b.c',
  '..',
  jwt(HEADER),
  jwt(HEADER, '{}', '{}'),
  jwt('[]', '{}'),
  jwt(HEADER, '[]'),
  jwt(HEADER, '1'),
  jwt(HEADER, '{ "a": 1 }'),
  jwt(HEADER, '{"a":1.0}'),
  jwt(HEADER, '{"a":1e400}'),
  jwt(HEADER, '{"a":12345678901234567890}'),
  jwt(HEADER, '{"a":"\\u0061"}'),
  jwt(HEADER, '{"a":"\\/"}'),
  jwt(HEADER, '{"a":1,"a":2}'),
  jwt(HEADER, '{"b":1,"2":1,"1":1}'),
  jwt(HEADER, '{}').replace('.', '=.'),
]

it.each(JWTS)('CC-21: %s is packed, and comes back the very same', (token) => {
  const packed = packToken(token)
  expect(typeof packed).not.toBe('string')
  const stored: unknown = JSON.parse(JSON.stringify(packed))
  expect(isPackedToken(stored) && unpackToken(stored)).toBe(token)
})

it.each(OTHERS)('CC-21: %s stays as it is', (token) => {
  expect(packToken(token)).toBe(token)
  expect(unpackToken(token)).toBe(token)
})

it('CC-21: whatever the claims, the token comes back the very same', () => {
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.string(), (claims, tail) => {
      const token = `${jwt(HEADER, JSON.stringify(claims))}${tail}`
      const stored: unknown = JSON.parse(JSON.stringify(packToken(token)))
      expect(isPackedToken(stored) && unpackToken(stored)).toBe(token)
    }),
    { seed: 1, numRuns: 300 },
  )
})

it.each([undefined, null, 5, {}, [], ['a', 'b', 'c'], [{}, {}], [{}, {}, 'c', 'd'], [{}, {}, 5]])(
  'CC-21: %j is no token that was packed',
  (value) => {
    expect(isPackedToken(value)).toBe(false)
  },
)
