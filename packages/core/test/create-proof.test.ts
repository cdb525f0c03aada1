import {
  computeJkt,
  computeTokenHash,
  createProof,
  createProofSigner,
  parseBase64urlText,
  verifyProof,
} from '@tmb-kit/core'
import { generateProofKey, jktOf, testClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'

const clock = testClock()

const decode = (proof: string): readonly Record<string, unknown>[] =>
  proof
    .split('.')
    .slice(0, 2)
    .map((segment) => JSON.parse(parseBase64urlText(segment) ?? '') as Record<string, unknown>)

describe('createProof', () => {
  it('BR-05: the header holds typ, alg and a public jwk, and nothing else', async () => {
    const proof = await createProof({
      proofKey: await generateProofKey(),
      htm: 'GET',
      htu: 'https://rs.test/',
      clock,
    })
    const [header] = decode(proof)
    expect(Object.keys(header ?? {})).toEqual(['typ', 'alg', 'jwk'])
    expect(header).toMatchObject({ typ: 'dpop+jwt', alg: 'ES256' })
    expect(Object.keys(header?.['jwk'] as object)).toEqual(['kty', 'crv', 'x', 'y'])
  })

  it('BR-34: with an Ed25519 key the header says Ed25519, and has no y', async () => {
    const proofKey = await generateProofKey('Ed25519')
    const proof = await createProof({ proofKey, htm: 'GET', htu: 'https://rs.test/', clock })
    const [header] = decode(proof)
    expect(header?.['alg']).toBe('Ed25519')
    expect(Object.keys(header?.['jwk'] as object)).toEqual(['kty', 'crv', 'x'])
  })

  it('BR-06: no two proofs share a jti, and each jti has 128 random bits', async () => {
    const signer = await createProofSigner(await generateProofKey(), { clock })
    const proofs = await Promise.all(
      Array.from({ length: 500 }, async () => signer.sign({ htm: 'GET', htu: 'https://rs.test/' })),
    )
    const identifiers = proofs.map((proof) => decode(proof)[1]?.['jti'])
    expect(new Set(identifiers).size).toBe(500)
    expect(identifiers.every((jti) => /^[A-Za-z0-9_-]{22}$/.test(String(jti)))).toBe(true)
  })

  it('BR-07: htm is the method as sent, htu the URI without query and fragment', async () => {
    const proofKey = await generateProofKey()
    const proof = await createProof({
      proofKey,
      htm: 'patch',
      htu: 'https://RS.test:443/x?y#z',
      clock,
    })
    expect(decode(proof)[1]).toMatchObject({ htm: 'patch', htu: 'https://rs.test/x' })
  })

  it('BR-08: iat is whole seconds, whatever the clock says', async () => {
    const proofKey = await generateProofKey()
    const proof = await createProof({
      proofKey,
      htm: 'GET',
      htu: 'https://rs.test/',
      clock: () => 1_800_000_000.9,
    })
    expect(decode(proof)[1]).toMatchObject({ iat: 1_800_000_000 })
  })

  it('BR-09: ath follows the token, and neither ath nor nonce is there without cause', async () => {
    const signer = await createProofSigner(await generateProofKey(), { clock })
    const request = { htm: 'GET', htu: 'https://rs.test/' }
    const [, bare] = decode(await signer.sign(request))
    expect(Object.keys(bare ?? {})).toEqual(['jti', 'htm', 'htu', 'iat'])

    const [, full] = decode(await signer.sign({ ...request, accessToken: 'one', nonce: 'n' }))
    expect(full).toMatchObject({ ath: await computeTokenHash('one'), nonce: 'n' })
  })

  it('BR-09: an empty token is a token, and has a hash', async () => {
    const signer = await createProofSigner(await generateProofKey(), { clock })
    const [, claims] = decode(
      await signer.sign({ htm: 'GET', htu: 'https://rs.test/', accessToken: '' }),
    )
    expect(claims).toHaveProperty('ath', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
  })

  it.each(['ES256', 'Ed25519'] as const)('verifies what it made with %s', async (algorithm) => {
    const proofKey = await generateProofKey(algorithm)
    const request = { htm: 'GET', htu: 'https://rs.test/x', accessToken: 'token' }
    const proof = await createProof({ ...request, proofKey, clock })
    const verified = await verifyProof(proof, { ...request, algorithms: [algorithm], clock })
    expect(verified.jkt).toBe(await jktOf(proofKey))
    expect(await computeJkt(verified.jwk)).toBe(verified.jkt)
  })

  it.each(['/x', 'rs.test/x', 'ftp://rs.test/x', 'https://u:p@rs.test/x', ''])(
    'RS-DPOP-12: makes no proof for %j',
    async (htu) => {
      const proofKey = await generateProofKey()
      await expect(createProof({ proofKey, htm: 'GET', htu, clock })).rejects.toThrow(TypeError)
    },
  )

  it('makes no proof with a key of another kind', async () => {
    const parameters = { name: 'ECDSA', namedCurve: 'P-384' }
    const proofKey = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
    await expect(createProofSigner(proofKey)).rejects.toThrow(TypeError)
  })
})
