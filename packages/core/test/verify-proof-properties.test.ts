import { encodeBase64url, parseBase64url } from '@tmb-kit/core'
import fc from 'fast-check'
import { beforeAll, describe, expect, it } from 'vitest'
import { createProofWorld, outcomeOf } from './support/proof-world.js'

describe.each(['ES256', 'Ed25519'] as const)('properties of %s proofs', (algorithm) => {
  let world: Awaited<ReturnType<typeof createProofWorld>>
  let valid: string

  beforeAll(async () => {
    world = await createProofWorld(algorithm)
    valid = await world.factory.valid()
  })

  it('any one-bit change of a segment’s octets is refused', async () => {
    const segments = valid.split('.').map((segment) => parseBase64url(segment)!)
    const bits = fc
      .nat({ max: 2 })
      .chain((segment) =>
        fc.tuple(fc.constant(segment), fc.nat({ max: segments[segment]!.length * 8 - 1 })),
      )
    await fc.assert(
      fc.asyncProperty(bits, async ([segment, bit]) => {
        const changed = segments.map((octets) => Uint8Array.from(octets))
        changed[segment]![bit >> 3]! ^= 1 << (bit & 7)
        const proof = changed.map(encodeBase64url).join('.')
        expect(await outcomeOf(proof, world.options)).not.toBe('accepted')
      }),
      { seed: 9449, numRuns: 600 },
    )
    expect(await outcomeOf(valid, world.options)).toBe('accepted')
  })

  it('any one-bit change of the text itself is refused', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat({ max: valid.length * 7 - 1 }), async (bit) => {
        const at = Math.floor(bit / 7)
        const character = String.fromCharCode(valid.charCodeAt(at) ^ (1 << (bit % 7)))
        const proof = `${valid.slice(0, at)}${character}${valid.slice(at + 1)}`
        expect(await outcomeOf(proof, world.options)).not.toBe('accepted')
      }),
      { seed: 9449, numRuns: 600 },
    )
  })

  it('no text makes anything but a refusal', async () => {
    const segment = fc.oneof(
      fc.string(),
      fc.json().map((text) => encodeBase64url(new TextEncoder().encode(text))),
      fc.constantFrom(...valid.split('.')),
    )
    await fc.assert(
      fc.asyncProperty(fc.array(segment, { minLength: 1, maxLength: 5 }), async (parts) => {
        const proof = parts.join('.')
        expect(proof === valid || (await outcomeOf(proof, world.options)) !== 'accepted').toBe(true)
      }),
      { seed: 9449, numRuns: 500 },
    )
  })
})
