import { computeJkt } from '@tmb-kit/core'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { readRecords } from './support/records.js'
import { API, challenge, createWorld, keyOf, proofOf, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})
afterEach(() => {
  vi.restoreAllMocks()
})

describe('Ed25519', () => {
  it('BR-34: by choice, the key and its proofs are Ed25519', async () => {
    const tab = await world.signIn({ algorithm: 'Ed25519' })
    await tab.tmb.fetch(`${API}/orders`)
    const request = world.requests.at(-1)!
    const { jwk, jkt } = await proofOf(request)
    expect(atob(request.headers.get('DPoP')!.split('.')[0]!)).toContain('"alg":"Ed25519"')
    expect(Object.keys(jwk).toSorted()).toEqual(['crv', 'kty', 'x'])
    expect(jwk).toMatchObject({ kty: 'OKP', crv: 'Ed25519' })
    expect(await computeJkt(jwk)).toBe(jkt)
    const [{ privateKey }] = (await readRecords()) as [CryptoKeyPair]
    expect(privateKey.extractable).toBe(false)
  })

  it('BR-34: P-256 is the default, and what a browser without Ed25519 gets', async () => {
    const { generateKey } = crypto.subtle
    vi.spyOn(crypto.subtle, 'generateKey').mockImplementation((async (
      algorithm: Algorithm,
      ...others: [boolean, KeyUsage[]]
    ) => {
      if (algorithm.name === 'Ed25519') throw new DOMException('no', 'NotSupportedError')
      return Reflect.apply(generateKey, crypto.subtle, [algorithm, ...others]) as Promise<CryptoKey>
    }) as never)
    const tab = await world.signIn({ algorithm: 'Ed25519' })
    await tab.tmb.fetch(`${API}/orders`)
    expect(await proofOf(world.requests.at(-1)!)).toMatchObject({ jwk: { crv: 'P-256' } })
  })

  it('BR-34: a key that is there stays, whichever it is', async () => {
    const jkt = await keyOf(world.openTab())
    expect(await keyOf(world.openTab({ algorithm: 'Ed25519' }))).toBe(jkt)
  })

  it('BR-22: an API that takes ES256 only is a typed error, and no loop', async () => {
    const { tmb } = await world.signIn({ algorithm: 'Ed25519' })
    world.intercept('/orders', () => challenge('error="invalid_dpop_proof"'))
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({
      code: 'algorithm_not_supported',
    })
    expect(world.requestsTo('/orders')).toHaveLength(1)
  })
})
