import type { NonceSource } from '@tmb-kit/resource-server'
import { generateProofKey } from '@tmb-kit/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
let signWith: CryptoKey
beforeEach(async () => {
  world = await createTestWorld()
  signWith = (await generateProofKey()).privateKey
})

/** A verifier for which everything is new, and one that has seen the token and its key. */
const verifiersFor = async (accessToken: string) => {
  const acquainted = world.verifier()
  await acquainted.verify(await world.request({ accessToken }))
  return [world.verifier(), acquainted]
}

describe('a request with two things wrong', () => {
  it.each([
    ['proof_htm_mismatch', { htm: 'PUT' }],
    ['proof_htu_mismatch', { htu: 'https://api.test/other' }],
    ['proof_iat_outside_window', { claims: { iat: 1 } }],
    ['proof_validity_ended', { claims: { exp: 1 } }],
    ['proof_ath_mismatch', { claims: { ath: 'A'.repeat(43) } }],
  ])(
    'RS-DPOP-18: %s is found before the signature, which costs a hundred times as much',
    async (code, { claims, ...changes }: { claims?: object; htm?: string; htu?: string }) => {
      const accessToken = await world.issuer.token()
      const proof = { signWith, claims: { ...claims } }
      for (const verifier of await verifiersFor(accessToken)) {
        const forged = await world.request({ accessToken, ...changes, proof })
        expect(await outcomeOf(verifier, forged)).toMatchObject({ code, status: 401 })
      }
    },
  )

  it('RS-DPOP-18: a nonce is not asked about for a proof that nobody signed', async () => {
    const asked: string[] = []
    const nonceSource: NonceSource = {
      current: async () => 'current',
      accepts: async (nonce) => {
        asked.push(nonce)
        return nonce === 'current'
      },
    }
    const verifier = world.verifier({ nonceSource })
    const forged = await world.request({ proof: { signWith, claims: { nonce: 'guess' } } })
    expect(await outcomeOf(verifier, forged)).toMatchObject({ code: 'proof_signature_invalid' })
    expect(asked).toEqual([])

    const good = await world.request({ proof: { claims: { nonce: 'current' } } })
    expect(await outcomeOf(verifier, good)).toMatchObject({ code: 'accepted' })
    expect(asked).toEqual(['current'])
  })

  it('RS-DPOP-15: another key is named before anything that its proof says', async () => {
    const request = await world.request({ proofKey: await generateProofKey(), htm: 'PUT' })
    expect(await outcomeOf(world.verifier(), request)).toMatchObject({ code: 'proof_key_mismatch' })
  })

  it('RS-DPOP-26: a bad token is named before a bad proof, but for the form of the proof', async () => {
    const expired = { token: { claims: { exp: 1 } } }
    const wrong = await world.request({ ...expired, htm: 'PUT' })
    expect(await outcomeOf(world.verifier(), wrong)).toMatchObject({ code: 'token_expired' })
    const malformed = await world.request({ ...expired, headers: { DPoP: 'x' } })
    expect(await outcomeOf(world.verifier(), malformed)).toMatchObject({ code: 'proof_malformed' })
  })
})

describe('a refusal', () => {
  it('RS-DPOP-25: takes no stack trace along, and leaves those of others alone', async () => {
    const error: unknown = await world
      .verifier()
      .verify(await world.request({ htm: 'PUT' }))
      .catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(Error)
    expect(String((error as Error).stack)).not.toContain('\n    at ')
    expect(String(new Error('of somebody else').stack)).toContain('\n    at ')
  })

  it('RS-DPOP-25: cannot be changed by whoever gets it first', async () => {
    const verifier = world.verifier()
    const refuse = async () =>
      verifier
        .verify(await world.request({ htm: 'PUT' }))
        .catch((cause: unknown) => cause as { readonly response: { headers: object } })
    const first = await refuse()
    if (!('response' in first)) throw new Error('must be refused')
    expect(() => Object.assign(first.response.headers, { 'Set-Cookie': 'a=b' })).toThrow(TypeError)
    expect(await refuse()).toMatchObject({ response: first.response })
  })
})

describe('where a library put its own Promise in place of the global one', () => {
  const ours = globalThis.Promise
  beforeEach(() => {
    globalThis.Promise = class OtherPromise<Value> extends ours<Value> {}
  })
  afterEach(() => {
    globalThis.Promise = ours
  })

  it('RS-DPOP-07: nothing is taken for verified that is still being verified', async () => {
    const accessToken = await world.issuer.token()
    for (const verifier of await verifiersFor(accessToken)) {
      const forged = await world.request({ accessToken, proof: { signWith } })
      expect(await outcomeOf(verifier, forged)).toMatchObject({ code: 'proof_signature_invalid' })
    }
  })

  it('RS-DPOP-17: a store that has not answered yet has not said yes', async () => {
    const verifier = world.verifier({ replayStore: { claim: async () => false } })
    for (let use = 0; use < 2; use += 1) {
      expect(await outcomeOf(verifier, await world.request())).toMatchObject({
        code: 'proof_replayed',
      })
    }
  })
})
