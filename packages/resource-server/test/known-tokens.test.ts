import { computeTokenHash } from '@tmb-kit/core'
import { memoryReplayStore, type ReplayStore } from '@tmb-kit/resource-server'
import { createProofFactory, generateProofKey } from '@tmb-kit/testkit'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

/** A verifier that has accepted this token and its key before. */
const acquainted = async () => {
  const verifier = world.verifier()
  const accessToken = await world.issuer.token()
  await verifier.verify(await world.request({ accessToken }))
  return { verifier, accessToken }
}

describe('a token and a key that are known', () => {
  it('RS-DPOP-26: are accepted up to the last second of the token, and not in the next', async () => {
    const { verifier, accessToken } = await acquainted()
    world.clock.advance(299)
    expect(await outcomeOf(verifier, await world.request({ accessToken }))).toMatchObject({
      code: 'accepted',
    })
    world.clock.advance(1)
    expect(await outcomeOf(verifier, await world.request({ accessToken }))).toMatchObject({
      code: 'token_expired',
    })
  })

  it('RFC 9449 4.3 item 6: make no signature good that is not', async () => {
    const { verifier, accessToken } = await acquainted()
    const { privateKey } = await generateProofKey()
    const forged = await world.request({ accessToken, proof: { signWith: privateKey } })
    expect(await outcomeOf(verifier, forged)).toMatchObject({ code: 'proof_signature_invalid' })

    const good = await world.request({ accessToken })
    const [header = '', payload = '', signature = ''] = (good.headers.get('DPoP') ?? '').split('.')
    const other = await world.request({ accessToken })
    const [, otherPayload = ''] = (other.headers.get('DPoP') ?? '').split('.')
    for (const DPoP of [
      `${header}.${otherPayload}.${signature}`,
      `${header}.${payload}.${signature.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
    ]) {
      const spoiled = await world.request({ accessToken, headers: { DPoP } })
      expect(await outcomeOf(verifier, spoiled)).toMatchObject({ code: 'proof_signature_invalid' })
    }
    expect(await outcomeOf(verifier, good)).toMatchObject({ code: 'accepted' })
  })

  it('RS-DPOP-15: do not let another key in, and the right one stays known', async () => {
    const { verifier, accessToken } = await acquainted()
    const proofKey = await generateProofKey()
    expect(await outcomeOf(verifier, await world.request({ accessToken, proofKey }))).toMatchObject(
      { code: 'proof_key_mismatch' },
    )
    expect(await outcomeOf(verifier, await world.request({ accessToken }))).toMatchObject({
      code: 'accepted',
    })
  })

  it('RS-DPOP-05: every header is looked at that is not the known one, letter by letter', async () => {
    const { verifier, accessToken } = await acquainted()
    const send = async (header: Readonly<Record<string, unknown>>) =>
      outcomeOf(verifier, await world.request({ accessToken, proof: { header } }))
    expect(await send({ typ: 'JWT' })).toMatchObject({ code: 'proof_type_invalid' })
    expect(await send({ alg: 'none' })).toMatchObject({ code: 'proof_algorithm_refused' })
    expect(await send({ crit: ['b64'] })).toMatchObject({ code: 'proof_critical_header' })
    expect(await send({ kid: 'mine' })).toMatchObject({ code: 'accepted' })
  })

  it('RS-DPOP-14: a proof about another token of the same key is refused', async () => {
    const { verifier, accessToken } = await acquainted()
    const proofFor = await world.issuer.token()
    await verifier.verify(await world.request({ accessToken: proofFor }))
    expect(await outcomeOf(verifier, await world.request({ accessToken, proofFor }))).toMatchObject(
      { code: 'proof_ath_mismatch' },
    )
  })

  it('RS-DPOP-26: a token whose signature was changed is another token', async () => {
    const { verifier, accessToken } = await acquainted()
    const spoiled = accessToken.replace(/\.([^.])([^.]*)$/, (_, first: string, rest: string) =>
      first === 'A' ? `.B${rest}` : `.A${rest}`,
    )
    expect(await outcomeOf(verifier, await world.request({ accessToken: spoiled }))).toMatchObject({
      code: 'token_signature_invalid',
    })
  })

  it('RS-DPOP-32: what a handler is given cannot be changed, since the next request shares it', async () => {
    const { verifier, accessToken } = await acquainted()
    const { claims, scopes, cnf } = await verifier.verify(await world.request({ accessToken }))
    expect(() => Object.assign(claims, { sub: 'mallory' })).toThrow(TypeError)
    expect(() => Object.assign(claims['cnf'] as object, { jkt: 'other' })).toThrow(TypeError)
    expect(() => Object.assign(cnf, { jkt: 'other' })).toThrow(TypeError)
    expect(() => (scopes as string[]).push('orders.write')).toThrow(TypeError)
  })

  it('RS-DPOP-17: each proof still counts once', async () => {
    const { verifier, accessToken } = await acquainted()
    const factory = await createProofFactory({
      proofKey: world.proofKey,
      htm: 'GET',
      htu: `${API}/orders`,
      accessToken,
      clock: world.clock,
    })
    const headers = { DPoP: await factory.valid() }
    const uses = Array.from({ length: 20 }, async () =>
      outcomeOf(verifier, await world.request({ accessToken, headers })),
    )
    const codes = (await Promise.all(uses)).map(({ code }) => code)
    expect(codes.toSorted()).toEqual(['accepted', ...Array<string>(19).fill('proof_replayed')])
  })
})

describe('what a known token is found by', () => {
  it('RS-DPOP-26: the hash of a Bearer token, sent in its place, is no token', async () => {
    const verifier = world.verifier({ allowBearer: true })
    const accessToken = await world.issuer.token({ claims: { cnf: undefined } })
    const bearer = async (authorization: string) =>
      outcomeOf(
        verifier,
        new Request(`${API}/orders`, { headers: { Authorization: authorization } }),
      )
    expect(await bearer(`Bearer ${accessToken}`)).toMatchObject({ code: 'accepted' })
    expect(await bearer(`Bearer ${accessToken}`)).toMatchObject({ code: 'accepted' })

    const hash = await computeTokenHash(accessToken)
    for (const prefix of ['', ' ', 'Bearer ', 'DPoP ']) {
      expect((await bearer(`${prefix}${hash}`)).code).not.toBe('accepted')
    }
  })

  it('RS-DPOP-22: a token that is known under DPoP is still none under Bearer', async () => {
    const { verifier, accessToken } = await acquainted()
    const request = await world.request({ accessToken })
    const headers = new Headers(request.headers)
    headers.set('Authorization', `Bearer ${accessToken}`)
    expect(await outcomeOf(verifier, new Request(request, { headers }))).toMatchObject({
      code: 'token_scheme_mismatch',
    })
  })

  it.each(['dpop', 'DPOP', 'DPoP '])(
    'RFC 9110 11.1: the scheme spelled %j is the same, and known all the same',
    async (scheme) => {
      const { verifier, accessToken } = await acquainted()
      const request = await world.request({ accessToken })
      const headers = new Headers(request.headers)
      headers.set('Authorization', `${scheme} ${accessToken}`)
      expect(await outcomeOf(verifier, new Request(request, { headers }))).toMatchObject({
        code: 'accepted',
      })
    },
  )
})

describe('a replay store in memory', () => {
  it('RS-DPOP-17: is asked through `claim` as soon as somebody put their own in its place', async () => {
    const store = memoryReplayStore({ clock: world.clock })
    const asked: string[] = []
    const wrapped: ReplayStore = {
      ...store,
      claim: async (jkt, jti, expiresAt) => {
        asked.push(jti)
        return store.claim(jkt, jti, expiresAt)
      },
    }
    const verifier = world.verifier({ replayStore: wrapped })
    const accessToken = await world.issuer.token()
    await verifier.verify(await world.request({ accessToken }))
    await verifier.verify(await world.request({ accessToken }))
    expect(asked).toHaveLength(2)

    const spied = vi.spyOn(store, 'claim')
    await world.verifier({ replayStore: store }).verify(await world.request({ accessToken }))
    expect(spied).toHaveBeenCalledTimes(1)
  })

  it('RS-DPOP-18: that is full makes 503 for a known token too', async () => {
    const verifier = world.verifier({
      replayStore: memoryReplayStore({ maxEntries: 1, clock: world.clock }),
    })
    const accessToken = await world.issuer.token()
    await verifier.verify(await world.request({ accessToken }))
    expect(await outcomeOf(verifier, await world.request({ accessToken }))).toMatchObject({
      code: 'replay_store_unavailable',
      status: 503,
    })
  })
})
