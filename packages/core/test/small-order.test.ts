import { encodeBase64url, encodeBase64urlText, verifyProof } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'
import { outcomeOf, REQUEST } from './support/proof-world.js'

const CLOCK = 1_800_000_000

const octetsOf = (hex: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(hex.match(/../g) ?? [], (octet) => Number.parseInt(octet, 16))

/** The eight points of small order, RFC 7748 section 7, and spellings of them that are not canonical. */
const POINTS: readonly (readonly [string, string])[] = [
  ['order 4, y = 0', '00'.repeat(32)],
  ['order 4, y = 0, the other sign', `${'00'.repeat(31)}80`],
  ['order 1, y = 1', `01${'00'.repeat(31)}`],
  ['order 1, y = 1, with a sign', `01${'00'.repeat(30)}80`],
  ['order 2, y = -1', `ec${'ff'.repeat(30)}7f`],
  ['order 2, y = -1, with a sign', `ec${'ff'.repeat(31)}`],
  ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05'],
  ['order 8, the other sign', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85'],
  ['order 8, second', 'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a'],
  [
    'order 8, second, the other sign',
    'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
  ],
  ['y = p, which is 0', `ed${'ff'.repeat(30)}7f`],
  ['y = p + 1, which is 1', `ee${'ff'.repeat(30)}7f`],
  ['y = 2^255 - 1, which is 18', `ff${'ff'.repeat(30)}7f`],
  ['y = 2^255 - 1 with a sign', 'ff'.repeat(32)],
]

const proofUnder = (publicKey: Uint8Array, signature: Uint8Array): string => {
  const jwk = { kty: 'OKP', crv: 'Ed25519', x: encodeBase64url(publicKey) }
  const header = encodeBase64urlText(JSON.stringify({ typ: 'dpop+jwt', alg: 'Ed25519', jwk }))
  const claims = encodeBase64urlText(JSON.stringify({ jti: 'forged', ...REQUEST, iat: CLOCK }))
  return `${header}.${claims}.${encodeBase64url(signature)}`
}
const options = { ...REQUEST, algorithms: ['Ed25519'] as const, clock: () => CLOCK }

describe('Ed25519 keys under which anybody can sign', () => {
  it.each(POINTS)('architecture 4: %s is refused before it verifies anything', async (_, point) => {
    // R = the identity, S = 0: the equation holds for every message under a key of order 1.
    const forged = new Uint8Array(64)
    forged[0] = 1
    expect(await outcomeOf(proofUnder(octetsOf(point), forged), options)).toBe('proof_jwk_invalid')
  })

  it('control: a key of full order is taken', async () => {
    const pair = await crypto.subtle.generateKey('Ed25519', true, ['sign', 'verify'])
    const publicKey = new Uint8Array(await crypto.subtle.exportKey('raw', pair.publicKey))
    const [head, claims] = proofUnder(publicKey, new Uint8Array(64)).split('.')
    const octets = new TextEncoder().encode(`${head}.${claims}`)
    const signature = new Uint8Array(await crypto.subtle.sign('Ed25519', pair.privateKey, octets))
    const proof = `${head}.${claims}.${encodeBase64url(signature)}`
    await expect(verifyProof(proof, options)).resolves.toHaveProperty('jkt')
  })
})
