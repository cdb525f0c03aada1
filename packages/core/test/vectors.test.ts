import { readFileSync } from 'node:fs'
import { computeJkt, computeTokenHash, memoryReplayStore, verifyProof } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'

interface Vector<Input, Expected> {
  readonly source: string
  readonly input: Input
  readonly expected: Expected
}

const load = <Input, Expected>(name: string): readonly Vector<Input, Expected>[] => {
  const file = new URL(`../../testkit/vectors/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(file, 'utf8')) as readonly Vector<Input, Expected>[]
}

interface ProofInput {
  readonly proof: string
  readonly htm: string
  readonly htu: string
  readonly clock: number
  readonly accessToken?: string
}

const proofVectors = load<ProofInput, { readonly jkt: string; readonly claims: object }>(
  'dpop-proof',
)

describe('published vectors', () => {
  it.each(load<JsonWebKey, string>('jwk-thumbprint'))(
    'RFC 7638 3: the thumbprint of the key of $source',
    async ({ input, expected }) => {
      expect(await computeJkt(input)).toBe(expected)
    },
  )

  it.each(load<string, string>('access-token-hash'))(
    'RFC 9449 4.2: the ath of the token of $source',
    async ({ input, expected }) => {
      expect(await computeTokenHash(input)).toBe(expected)
    },
  )

  it.each(proofVectors)(
    'RFC 9449 4.3: the proof of $source is accepted at its time',
    async ({ input, expected }) => {
      const { proof, clock, ...request } = input
      const verified = await verifyProof(proof, { ...request, clock: () => clock })
      expect({ jkt: verified.jkt, claims: verified.claims }).toEqual(expected)
    },
  )

  it('RFC 9449 11.1: two published proofs share a jti, and one window takes only the first', async () => {
    const [first, second] = proofVectors
    // Wide enough for the 44 minutes between the two.
    const options = {
      htm: 'POST',
      htu: 'https://server.example.com/token',
      maxAgeSeconds: 3600,
      clock: () => second!.input.clock,
    }
    const replayStore = memoryReplayStore({ clock: options.clock })
    await verifyProof(first!.input.proof, { ...options, replayStore })
    await expect(
      verifyProof(second!.input.proof, { ...options, replayStore }),
    ).rejects.toMatchObject({ code: 'proof_replayed' })
  })
})
