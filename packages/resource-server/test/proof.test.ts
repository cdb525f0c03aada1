import { hmacNonceSource, memoryReplayStore } from '@tmb-kit/resource-server'
import { generateProofKey, jktOf, slow } from '@tmb-kit/testkit'
import { beforeEach, describe, expect, it } from 'vitest'
import { API } from './support/test-issuer.js'
import {
  createTestWorld,
  outcomeOf,
  type RequestChanges,
  type TestWorld,
} from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const NOW = 1_800_000_000
const SECRET = 'a secret of thirty-two bytes or more'
const INVALID_PROOF = /^DPoP error="invalid_dpop_proof", error_description="[^"]+", algs="ES256"$/

describe('the proof of a request', () => {
  it.each<readonly [string, RequestChanges, string]>([
    ['RS-DPOP-01: no proof', { headers: { DPoP: undefined } }, 'proof_missing'],
    ['RS-DPOP-02: two values', { headers: { DPoP: 'a.b.c, a.b.c' } }, 'proof_repeated'],
    ['RS-DPOP-03: no JWS', { headers: { DPoP: 'a.b' } }, 'proof_malformed'],
    ['RS-DPOP-03: five segments', { headers: { DPoP: 'a.b.c.d.e' } }, 'proof_malformed'],
    ['RS-DPOP-03: too long', { headers: { DPoP: 'x'.repeat(8193) } }, 'proof_too_large'],
    ['RS-DPOP-04: the typ JWT', { proof: { header: { typ: 'JWT' } } }, 'proof_type_invalid'],
    ['RS-DPOP-05: the alg none', { proof: { header: { alg: 'none' } } }, 'proof_algorithm_refused'],
    [
      'RS-DPOP-05: an alg not allowed',
      { proof: { header: { alg: 'ES384' } } },
      'proof_algorithm_refused',
    ],
    ['RS-DPOP-06: no jwk', { proof: { header: { jwk: undefined } } }, 'proof_jwk_invalid'],
    ['RS-DPOP-07: crit', { proof: { header: { crit: ['b64'] } } }, 'proof_critical_header'],
    ['RS-DPOP-08: no ath', { proof: { claims: { ath: undefined } } }, 'proof_ath_mismatch'],
    ['RS-DPOP-08: no jti', { proof: { claims: { jti: undefined } } }, 'proof_claims_invalid'],
    ['RS-DPOP-09: another method', { htm: 'POST' }, 'proof_htm_mismatch'],
    ['RS-DPOP-09: the method in small letters', { htm: 'get' }, 'proof_htm_mismatch'],
    ['RS-DPOP-09: a GET proof on HEAD', { method: 'HEAD', htm: 'GET' }, 'proof_htm_mismatch'],
    ['RS-DPOP-10: another path', { htu: `${API}/other` }, 'proof_htu_mismatch'],
    ['RS-DPOP-10: http', { htu: 'http://api.test/orders' }, 'proof_htu_mismatch'],
    ['RS-DPOP-12: user information', { htu: 'https://u:p@api.test/orders' }, 'proof_htu_mismatch'],
    ['RS-DPOP-12: a path alone', { htu: '/orders' }, 'proof_htu_mismatch'],
    ['RS-DPOP-14: another token', { proofFor: 'another' }, 'proof_ath_mismatch'],
    ['RS-DPOP-16: 61 s old', { proof: { claims: { iat: NOW - 61 } } }, 'proof_iat_outside_window'],
    [
      'RS-DPOP-16: 11 s ahead',
      { proof: { claims: { iat: NOW + 11 } } },
      'proof_iat_outside_window',
    ],
    [
      'RS-DPOP-17: a jti of 10 kB',
      { proof: { claims: { jti: 'x'.repeat(5000) } } },
      'proof_claims_invalid',
    ],
  ])('%s is refused', async (_, changes, code) => {
    const verifier = world.verifier()
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })

    const outcome = await outcomeOf(verifier, await world.request(changes))
    expect(outcome).toMatchObject({ code, status: 401 })
    expect(outcome.challenge).toMatch(INVALID_PROOF)
    expect(await outcomeOf(verifier, await world.request())).toMatchObject({ code: 'accepted' })
  })

  it('RS-DPOP-07: a flipped bit of the signature is refused, and jku is never followed', async () => {
    let outbound = 0
    const verifier = world.verifier({
      fetch: async () => {
        outbound += 1
        return Response.json({})
      },
    })
    const { privateKey } = await generateProofKey()
    const request = await world.request({
      proof: { header: { jku: 'https://evil.test/jwks', kid: 'x' }, signWith: privateKey },
    })
    expect(await outcomeOf(verifier, request)).toMatchObject({ code: 'proof_signature_invalid' })
    expect(outbound).toBe(0)
  })

  it('RS-DPOP-10: query and fragment inside htu, and a query of the request, do not matter', async () => {
    const verifier = world.verifier()
    const url = `${API}/orders?page=2`
    for (const htu of [`${API}/orders?x=1`, `${API}/orders#y`, `${API}/orders`]) {
      expect(await outcomeOf(verifier, await world.request({ url, htu }))).toMatchObject({
        code: 'accepted',
      })
    }
  })

  it('RS-DPOP-11: htu is compared in normal form', async () => {
    const request = await world.request({ url: `${API}/b~`, htu: 'HTTPS://API.test:443/a/../b%7E' })
    expect(await outcomeOf(world.verifier(), request)).toMatchObject({ code: 'accepted' })
    const other = await world.request({ url: `${API}/b~`, htu: `${API}/b~/` })
    expect(await outcomeOf(world.verifier(), other)).toMatchObject({ code: 'proof_htu_mismatch' })
  })

  it('a path that no URI can have is refused, and is no fault of ours', async () => {
    const request = await world.request({ url: `${API}/%zz`, htu: `${API}/%zz` })
    expect(await outcomeOf(world.verifier(), request)).toMatchObject({
      code: 'proof_htu_mismatch',
      status: 401,
    })
  })

  it('RS-DPOP-15: an attacker’s own proof for a stolen token', async () => {
    const request = await world.request({ proofKey: await generateProofKey() })
    expect(await outcomeOf(world.verifier(), request)).toEqual({
      code: 'proof_key_mismatch',
      status: 401,
      challenge:
        'DPoP error="invalid_token", error_description="Invalid DPoP key binding", algs="ES256"',
    })
  })

  it.each([-60, -59, 0, 10])('RS-DPOP-16: an iat %i s from now is accepted', async (offset) => {
    const request = await world.request({ proof: { claims: { iat: NOW + offset } } })
    expect(await outcomeOf(world.verifier(), request)).toMatchObject({ code: 'accepted' })
  })

  it('RS-DPOP-16: both limits are options', async () => {
    const verifier = world.verifier({ maxAgeSeconds: 5, futureSkewSeconds: 0 })
    for (const [offset, code] of [
      [-5, 'accepted'],
      [-6, 'proof_iat_outside_window'],
      [1, 'proof_iat_outside_window'],
    ] as const) {
      const request = await world.request({ proof: { claims: { iat: NOW + offset } } })
      expect(await outcomeOf(verifier, request)).toMatchObject({ code })
    }
  })

  it('RS-DPOP-05: Ed25519 by choice, and the challenge lists what is accepted', async () => {
    const proofKey = await generateProofKey('Ed25519')
    const token = { claims: { cnf: { jkt: await jktOf(proofKey) } } }
    const verifier = world.verifier({ algorithms: ['ES256', 'Ed25519'] })
    expect(await outcomeOf(verifier, await world.request({ proofKey, token }))).toMatchObject({
      code: 'accepted',
    })
    const refused = await outcomeOf(verifier, await world.request({ htm: 'PUT' }))
    expect(refused.challenge).toContain('algs="ES256 Ed25519"')
  })
})

describe('one proof, one request', () => {
  it('RS-DPOP-17: the second use is refused, by default', async () => {
    const verifier = world.verifier()
    const request = await world.request()
    expect(await outcomeOf(verifier, request.clone())).toMatchObject({ code: 'accepted' })
    const second = await outcomeOf(verifier, request)
    expect(second).toMatchObject({ code: 'proof_replayed', status: 401 })
    expect(second.challenge).toMatch(INVALID_PROOF)
  })

  it('RS-DPOP-17: two instances with one store catch it too', async () => {
    const replayStore = memoryReplayStore({ clock: world.clock })
    const request = await world.request()
    await world.verifier({ replayStore }).verify(request.clone())
    expect(await outcomeOf(world.verifier({ replayStore }), request)).toMatchObject({
      code: 'proof_replayed',
    })
  })

  it('RS-DPOP-17: a jti counts for its key, whatever the URL', async () => {
    const verifier = world.verifier()
    const proof = { claims: { jti: 'same' } }
    await verifier.verify(await world.request({ proof, url: `${API}/a` }))
    const elsewhere = await outcomeOf(verifier, await world.request({ proof, url: `${API}/b` }))
    expect(elsewhere).toMatchObject({ code: 'proof_replayed' })

    const proofKey = await generateProofKey()
    const token = { claims: { cnf: { jkt: await jktOf(proofKey) } } }
    const another = await outcomeOf(verifier, await world.request({ proof, proofKey, token }))
    expect(another).toMatchObject({ code: 'accepted' })
  })

  it('RS-DPOP-17: of fifty uses at once one is accepted, on a slow store too', async () => {
    const store = slow(memoryReplayStore({ clock: world.clock }))
    const verifier = world.verifier({ replayStore: store })
    for (let round = 0; round < 20; round += 1) {
      const request = await world.request()
      const uses = Array.from({ length: 50 }, async () => outcomeOf(verifier, request.clone()))
      const codes = (await Promise.all(uses)).map(({ code }) => code)
      expect(codes.filter((code) => code === 'accepted')).toHaveLength(1)
      expect(codes.filter((code) => code === 'proof_replayed')).toHaveLength(49)
    }
  })

  it('RS-DPOP-18: nothing reaches the store without a good token, proof and key', async () => {
    let claims = 0
    const store = {
      claim: async () => {
        claims += 1
        return true
      },
    }
    const verifier = world.verifier({ replayStore: store })
    const { privateKey } = await generateProofKey()
    for (const changes of [
      { token: { signWith: privateKey } },
      { token: { claims: { exp: 1 } } },
      { proof: { signWith: privateKey } },
      { proofKey: await generateProofKey() },
      { htm: 'POST' },
      { proof: { claims: { iat: 1 } } },
    ]) {
      expect(await outcomeOf(verifier, await world.request(changes))).toMatchObject({ status: 401 })
    }
    expect(claims).toBe(0)
    await verifier.verify(await world.request())
    expect(claims).toBe(1)
  })

  it('RS-DPOP-18: a full store is 503, never an acceptance', async () => {
    const replayStore = memoryReplayStore({ maxEntries: 1, clock: world.clock })
    const verifier = world.verifier({ replayStore })
    await verifier.verify(await world.request())
    expect(await outcomeOf(verifier, await world.request())).toEqual({
      code: 'replay_store_unavailable',
      status: 503,
      challenge: null,
    })
  })
})

describe('nonces', () => {
  it('RS-DPOP-19: without one the answer is use_dpop_nonce, with the nonce to use', async () => {
    const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const verifier = world.verifier({ nonceSource })
    const error: unknown = await verifier
      .verify(await world.request())
      .catch((cause: unknown) => cause)
    const response = (error as { toResponse(): Response }).toResponse()
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe(
      'DPoP error="use_dpop_nonce", error_description="a fresh nonce is required", algs="ES256"',
    )
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    const nonce = response.headers.get('DPoP-Nonce')

    const verified = await verifier.verify(await world.request({ proof: { claims: { nonce } } }))
    expect(verified.nonce).toBe(nonce)
  })

  it.each(['', 'eyJ7S_zG.eyJH0-Z.HX4w-7v', 'A'.repeat(43)])(
    'RS-DPOP-19: the foreign nonce %j is refused, and nothing is used up',
    async (nonce) => {
      const nonceSource = hmacNonceSource({ secrets: [SECRET], clock: world.clock })
      const verifier = world.verifier({ nonceSource })
      const refused = await outcomeOf(
        verifier,
        await world.request({ proof: { claims: { nonce, jti: 'x' } } }),
      )
      expect(refused.status).toBe(401)
      const good = { claims: { nonce: await nonceSource.current(), jti: 'x' } }
      expect(await outcomeOf(verifier, await world.request({ proof: good }))).toMatchObject({
        code: 'accepted',
      })
    },
  )

  it('RS-DPOP-20: two instances with one secret take each other’s, and an old one is refused', async () => {
    const source = () => hmacNonceSource({ secrets: [SECRET], clock: world.clock })
    const nonce = await source().current()
    const verifier = world.verifier({ nonceSource: source() })
    expect(
      await outcomeOf(verifier, await world.request({ proof: { claims: { nonce } } })),
    ).toMatchObject({
      code: 'accepted',
    })
    world.clock.advance(601)
    expect(
      await outcomeOf(verifier, await world.request({ proof: { claims: { nonce } } })),
    ).toMatchObject({
      code: 'proof_nonce_refused',
    })
  })

  it('RS-DPOP-19: a source that fails is 503, and does not hide another refusal', async () => {
    const nonceSource = {
      current: async () => Promise.reject(new Error('down')),
      accepts: async () => Promise.reject(new Error('down')),
    }
    const verifier = world.verifier({ nonceSource })
    const nonce = 'n'
    expect(
      await outcomeOf(verifier, await world.request({ proof: { claims: { nonce } } })),
    ).toMatchObject({
      code: 'nonce_source_unavailable',
      status: 503,
    })
    expect(await outcomeOf(verifier, await world.request({ htm: 'PUT' }))).toMatchObject({
      code: 'proof_htm_mismatch',
    })
  })
})
