import { parseProof, type ProofKey } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'
import { createKnownTokens, describeToken } from '../../src/token/known-tokens.js'

const CLAIMS = { iss: 'https://as.test', sub: 'alice', aud: 'api', exp: 1, client_id: 'backend' }
const POLICY = { enforce: ['jkt'], strictConfirmation: false } as const
const token = describeToken({ claims: CLAIMS, isVouchedFor: () => true }, POLICY)

const presented = (accessToken: string, scheme: 'DPoP' | 'Bearer' = 'DPoP') => ({
  scheme,
  accessToken,
  field: `DPoP ${accessToken}`,
  hash: `hash of ${accessToken}`,
  known: undefined,
})

describe('the memory of accepted tokens', () => {
  it('keeps no more than it may, and lets the oldest go first', () => {
    const tokens = createKnownTokens(2)
    for (const name of ['one', 'two', 'three']) tokens.keep(presented(name), token)
    expect(tokens.get('DPoP one')).toBeUndefined()
    expect(tokens.get('DPoP two')?.known).toBe(token)
    expect(tokens.get('DPoP three')?.known).toBe(token)
  })

  it('counts a token that is kept again as new', () => {
    const tokens = createKnownTokens(2)
    for (const name of ['one', 'two', 'one', 'three']) tokens.keep(presented(name), token)
    expect(tokens.get('DPoP one')).toBeDefined()
    expect(tokens.get('DPoP two')).toBeUndefined()
  })

  it('goes on to let the oldest go first, also after many have gone', () => {
    const tokens = createKnownTokens(3)
    for (let index = 0; index < 100; index += 1) {
      tokens.keep(presented(`${index}`), token)
      // One that is used again and again never gets old.
      tokens.keep(presented('again'), token)
      for (let age = 0; age < 4; age += 1) {
        const isKept = tokens.get(`DPoP ${index - age}`) !== undefined
        expect(isKept).toBe(age < 2 && age <= index)
      }
      expect(tokens.get('DPoP again')).toBeDefined()
    }
  })

  it('bounds Bearer tokens as well, which it knows by their hash alone', () => {
    const tokens = createKnownTokens(2)
    for (const name of ['one', 'two', 'three']) tokens.keep(presented(name, 'Bearer'), token)
    expect(tokens.find('DPoP one', 'hash of one')).toBeUndefined()
    expect(tokens.find('DPoP three', 'hash of three')).toBe(token)
    for (const field of ['Bearer three', 'DPoP three', 'three', 'hash of three']) {
      expect(tokens.get(field)).toBeUndefined()
    }
  })

  it('keeps neither a large token nor a key under a large header', () => {
    const tokens = createKnownTokens()
    const keyOf = (octets: number) => ({ encodedHeader: 'x'.repeat(octets) }) as ProofKey
    for (const [name, proofKey, isKept] of [
      ['x'.repeat(4096), undefined, true],
      ['x'.repeat(4097), undefined, false],
      ['a', keyOf(1024), true],
      ['b', keyOf(1025), false],
    ] as const) {
      tokens.keep(presented(name), { ...token, proofKey })
      expect(tokens.get(`DPoP ${name}`) !== undefined).toBe(isKept)
    }
  })
})

describe('a header that is known', () => {
  it('RS-DPOP-03: saves nothing else of a proof from being looked at', () => {
    const known = { encodedHeader: 'header' } as ProofKey
    for (const proof of ['header', 'header.', 'header..', 'header.e30', 'header.e30.AA.AA']) {
      expect(() => parseProof(proof, ['ES256'], known)).toThrow('well-formed')
    }
    expect(() => parseProof('header.e30.AA', ['ES256'], known)).toThrow('claim')
  })
})
