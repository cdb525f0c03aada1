import {
  createProof,
  encodeBase64url,
  hmacNonceSource,
  memoryReplayStore,
  verifyProof,
  type ProofAlgorithm,
} from '@tmb-kit/core'
import { generateProofKey, jktOf, signRawJws, slow } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { ACCESS_TOKEN, createProofWorld, outcomeOf, REQUEST } from './support/proof-world.js'

describe('verifyProof', () => {
  it('gives the key, the thumbprint and the claims', async () => {
    const { factory, jkt, options } = await createProofWorld()
    const verified = await verifyProof(await factory.valid(), options)
    expect(verified.jkt).toBe(jkt)
    expect(verified.claims).toMatchObject(REQUEST)
    expect(Object.keys(verified.jwk)).toEqual(['kty', 'crv', 'x', 'y'])
  })

  it.each([
    ['59 s ago', -59],
    ['60 s ago', -60],
    ['now', 0],
    ['10 s ahead', 10],
  ])('RS-DPOP-16: an iat of %s is accepted', async (_, offset) => {
    const { clock, factory, options } = await createProofWorld()
    const proof = await factory.with({ claims: { iat: clock() + offset } })
    expect(await outcomeOf(proof, options)).toBe('accepted')
  })

  it.each([
    ['HTTPS://RS.test:443/a/../orders'],
    ['https://rs.test/orders?x=1'],
    ['https://rs.test/orders#y'],
    ['https://rs.test/%6Frders'],
  ])('RS-DPOP-10, -11: the htu %s is the same resource', async (htu) => {
    const { factory, options } = await createProofWorld()
    expect(await outcomeOf(await factory.with({ claims: { htu } }), options)).toBe('accepted')
  })

  it('RS-DPOP-07: kid, jku, x5u and x5c are not looked at', async () => {
    const { factory, options } = await createProofWorld()
    const header = { kid: 'x', jku: 'https://evil.test/', x5u: 'https://evil.test/', x5c: ['MII'] }
    expect(await outcomeOf(await factory.with({ header }), options)).toBe('accepted')
  })

  it('RS-DPOP-06: public extras of the key do no harm', async () => {
    const { factory, options, proofKey } = await createProofWorld()
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', proofKey.publicKey)
    const jwk = {
      kty,
      crv,
      x,
      y,
      alg: 'ES256',
      use: 'sig',
      key_ops: ['verify'],
      ext: true,
      kid: 'a',
    }
    expect(await outcomeOf(await factory.with({ header: { jwk } }), options)).toBe('accepted')
  })

  it('RS-DPOP-09: HEAD is not GET', async () => {
    const { factory, options } = await createProofWorld()
    const proof = await factory.with({ claims: { htm: 'GET' } })
    expect(await outcomeOf(proof, { ...options, htm: 'HEAD' })).toBe('proof_htm_mismatch')
  })

  it('RS-DPOP-19: a proof with a nonce of the source is accepted, also where none is asked for', async () => {
    const { clock, factory, options } = await createProofWorld()
    const nonceSource = hmacNonceSource({
      secrets: ['a secret of thirty-two bytes or more'],
      clock,
    })
    const proof = await factory.with({ claims: { nonce: await nonceSource.current() } })
    expect(await outcomeOf(proof, { ...options, nonceSource })).toBe('accepted')
    expect(await outcomeOf(proof, options)).toBe('accepted')
  })

  it('RS-DPOP-19: a nonce does not stand in for the time', async () => {
    const { clock, factory, options } = await createProofWorld()
    const nonceSource = hmacNonceSource({
      secrets: ['a secret of thirty-two bytes or more'],
      clock,
    })
    const nonce = await nonceSource.current()
    const proof = await factory.with({ claims: { nonce, iat: clock() - 61 } })
    expect(await outcomeOf(proof, { ...options, nonceSource })).toBe('proof_iat_outside_window')
  })

  it('RS-DPOP-18: nothing that fails a check reaches the store, and nothing unsigned', async () => {
    const { factory, options } = await createProofWorld()
    const claimed: string[] = []
    const replayStore = {
      claim: async (_: string, jti: string) => {
        claimed.push(jti)
        return true
      },
    }
    for (const changes of [
      { claims: { htm: 'GET' } },
      { claims: { iat: 1 } },
      { header: { typ: 'JWT' } },
      { signWith: (await generateProofKey()).privateKey },
    ]) {
      await outcomeOf(await factory.with(changes), { ...options, replayStore })
    }
    expect(claimed).toEqual([])
    expect(await outcomeOf(await factory.valid(), { ...options, replayStore })).toBe('accepted')
    expect(claimed).toHaveLength(1)
  })

  it('RS-DPOP-17: the claim outlives the window and the skew, in both directions', async () => {
    const { clock, factory, options } = await createProofWorld()
    const expiries: number[] = []
    const replayStore = {
      claim: async (_jkt: string, _jti: string, expiresAt: number) => expiries.push(expiresAt) > 0,
    }
    for (const offset of [-60, 10]) {
      const proof = await factory.with({ claims: { iat: clock() + offset } })
      await verifyProof(proof, { ...options, replayStore })
    }
    expect(expiries).toEqual([clock() + 10, clock() + 80])
  })

  it('RS-DPOP-17: of fifty uses of one proof at once, one is accepted, twenty times', async () => {
    const { clock, factory, options } = await createProofWorld()
    for (const store of [memoryReplayStore({ clock }), slow(memoryReplayStore({ clock }))]) {
      for (let round = 0; round < 20; round += 1) {
        const proof = await factory.valid()
        const uses = Array.from({ length: 50 }, async () =>
          outcomeOf(proof, { ...options, replayStore: store }),
        )
        const outcomes = await Promise.all(uses)
        expect(outcomes.filter((outcome) => outcome === 'accepted')).toHaveLength(1)
        expect(new Set(outcomes)).toEqual(new Set(['accepted', 'proof_replayed']))
      }
    }
  })

  it('a store that fails is an error of its own, and no verdict', async () => {
    const { factory, options } = await createProofWorld()
    const replayStore = { claim: async () => Promise.reject(new Error('down')) }
    await expect(verifyProof(await factory.valid(), { ...options, replayStore })).rejects.toThrow(
      'down',
    )
  })

  it('an htu that is no URI is the caller’s mistake', async () => {
    const { factory, options } = await createProofWorld()
    await expect(
      verifyProof(await factory.valid(), { ...options, htu: '/orders' }),
    ).rejects.toThrow(TypeError)
  })

  it('takes a proof without ath where no token goes along', async () => {
    const proofKey = await generateProofKey()
    const { clock } = await createProofWorld()
    const proof = await createProof({ ...REQUEST, proofKey, clock })
    const { jkt } = await verifyProof(proof, { ...REQUEST, clock })
    expect(jkt).toBe(await jktOf(proofKey))
  })
})

describe('algorithms', () => {
  it('RS-DPOP-05: Ed25519 counts where it is allowed, and only there', async () => {
    const { factory, options } = await createProofWorld('Ed25519')
    expect(await outcomeOf(await factory.valid(), options)).toBe('accepted')
    const refused = { ...options, algorithms: ['ES256'] as const }
    expect(await outcomeOf(await factory.valid(), refused)).toBe('proof_algorithm_refused')
  })

  const signWith = async (
    alg: ProofAlgorithm,
    parameters: RsaHashedKeyGenParams | EcKeyGenParams,
    members: readonly string[],
  ): Promise<string> => {
    const { clock } = await createProofWorld()
    const pair = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
    const exported = (await crypto.subtle.exportKey('jwk', pair.publicKey)) as Record<
      string,
      unknown
    >
    const jwk = Object.fromEntries(members.map((name) => [name, exported[name]]))
    const claims = { jti: 'a', ...REQUEST, iat: clock() }
    return signRawJws({ typ: 'dpop+jwt', alg, jwk }, claims, pair.privateKey)
  }
  const rsa = (name: string, modulusLength: number, e: readonly number[] = [1, 0, 1]) => ({
    name,
    modulusLength,
    publicExponent: Uint8Array.from(e),
    hash: 'SHA-256',
  })
  const judge = async (proof: string, alg: ProofAlgorithm): Promise<string> =>
    outcomeOf(proof, { ...REQUEST, algorithms: [alg], clock: () => 1_800_000_000 })

  it('RS-DPOP-05: ES384, PS256 and RS256 are verified where they are allowed', async () => {
    const p384 = { name: 'ECDSA', namedCurve: 'P-384' }
    expect(await judge(await signWith('ES384', p384, ['kty', 'crv', 'x', 'y']), 'ES384')).toBe(
      'accepted',
    )
    const pss = await signWith('PS256', rsa('RSA-PSS', 2048), ['kty', 'n', 'e'])
    expect(await judge(pss, 'PS256')).toBe('accepted')
    const pkcs = await signWith('RS256', rsa('RSASSA-PKCS1-v1_5', 2048), ['kty', 'n', 'e'])
    expect(await judge(pkcs, 'RS256')).toBe('accepted')
    expect(await judge(pkcs, 'PS256')).toBe('proof_algorithm_refused')
  })

  it('RS-DPOP-05: RSA keys below 2048 bits are refused', async () => {
    const proof = await signWith('RS256', rsa('RSASSA-PKCS1-v1_5', 1024), ['kty', 'n', 'e'])
    expect(await judge(proof, 'RS256')).toBe('proof_jwk_invalid')
  })

  it('RS-DPOP-05: RSA moduli with a zero octet in front, and odd exponents, are refused', async () => {
    const proof = await signWith('RS256', rsa('RSASSA-PKCS1-v1_5', 2048), ['kty', 'n', 'e'])
    const [, body, tail] = proof.split('.')
    for (const jwk of [
      { kty: 'RSA', n: encodeBase64url(new Uint8Array(256)), e: 'AQAB' },
      { kty: 'RSA', n: encodeBase64url(new Uint8Array(2049).fill(255)), e: 'AQAB' },
      { kty: 'RSA', n: encodeBase64url(new Uint8Array(256).fill(255)), e: 'AQ' },
      { kty: 'RSA', n: encodeBase64url(new Uint8Array(256).fill(255)), e: 'AAEAAQ' },
      { kty: 'RSA', crv: 'P-256', n: encodeBase64url(new Uint8Array(256).fill(255)), e: 'AQAB' },
    ]) {
      const header = { typ: 'dpop+jwt', alg: 'RS256', jwk }
      const head = encodeBase64url(new TextEncoder().encode(JSON.stringify(header)))
      expect(await judge(`${head}.${body}.${tail}`, 'RS256')).toBe('proof_jwk_invalid')
    }
  })

  it('the token of the request is what ath is about', async () => {
    const { factory, options } = await createProofWorld()
    const proof = await factory.valid()
    expect(await outcomeOf(proof, { ...options, accessToken: ACCESS_TOKEN })).toBe('accepted')
    expect(await outcomeOf(proof, { ...options, accessToken: '' })).toBe('proof_ath_mismatch')
  })
})
