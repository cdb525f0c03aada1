import { describe, expect, it } from 'vitest'
import { parseDpopChallenge } from '../../src/challenge.js'

describe('parseDpopChallenge', () => {
  const CASES: readonly (readonly [string | null, Readonly<Record<string, string>>])[] = [
    ['DPoP error="use_dpop_nonce", algs="ES256"', { error: 'use_dpop_nonce', algs: 'ES256' }],
    ['Bearer, DPoP algs="ES256 PS256", x="a,b"', { algs: 'ES256 PS256', x: 'a,b' }],
    ['Bearer error="invalid_token", DPoP algs="ES256"', { algs: 'ES256' }],
    ['DPoP error="invalid_token", Bearer error="other"', { error: 'invalid_token' }],
    ['Basic realm="x, DPoP error=\\"y\\"", DPoP error="z"', { error: 'z' }],
    ['Basic realm="DPoP error=use_dpop_nonce"', {}],
    ['Negotiate YIIabc==, DPoP error=z', { error: 'z' }],
    ['dpop ERROR = "z" , Max_Age=5', { error: 'z', max_age: '5' }],
    ['DPoP error="a", error="b"', { error: 'a' }],
    ['DPoP realm="with \\\\ and quotes", error="z"', { realm: 'with  and quotes', error: 'z' }],
    ['DPoP', {}],
    ['DPoP ,, error="z"', { error: 'z' }],
    ['DPoP error=""', { error: '' }],
    ['DPoP error=', { error: '' }],
    ['', {}],
    [null, {}],
  ]
  it.each(CASES)('BR-21: %s', (field, parameters) => {
    expect({ ...parseDpopChallenge(field) }).toEqual(parameters)
  })

  it('BR-21: names of the object’s own prototype are no parameters', () => {
    const challenge = parseDpopChallenge('DPoP __proto__="x", constructor="y"')
    expect(challenge['error']).toBeUndefined()
    expect(Object.getPrototypeOf(challenge)).toBe(Object.prototype)
  })

  it('is done in no time with a field that is made to be slow', () => {
    for (const field of [
      '"'.repeat(50_000),
      ' '.repeat(50_000),
      `DPoP a="${'\\'.repeat(50_001)}`,
    ]) {
      const before = performance.now()
      parseDpopChallenge(field)
      expect(performance.now() - before).toBeLessThan(1000)
    }
  })
})
