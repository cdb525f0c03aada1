import { generateProofKey } from '@tmb-kit/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { couldBeGood } from './support/model.js'
import { ACCESS_TOKEN, createProofWorld, outcomeOf, REQUEST } from './support/proof-world.js'

/** Mostly right, now and then wrong: a proof wrong in everything would test one check only. */
const mostly = <Value>(right: Value, ...wrong: readonly Value[]): fc.Arbitrary<Value> =>
  fc.oneof(
    { weight: 9, arbitrary: fc.constant(right) },
    { weight: 1, arbitrary: fc.constantFrom(...wrong) },
  )

describe('an independent model of the twelve checks', () => {
  it('RFC 9449 4.3: whatever is accepted, the model calls good; both occur', async () => {
    const world = await createProofWorld()
    const { clock, factory, jkt, options } = world
    const other = (await generateProofKey()).privateKey
    const request = {
      method: REQUEST.htm,
      uri: REQUEST.htu,
      token: ACCESS_TOKEN,
      jkt,
      now: clock(),
    }
    const changes = fc.record({
      typ: mostly<unknown>('dpop+jwt', 'JWT', 'dpop+JWT', undefined),
      alg: mostly<unknown>('ES256', 'none', 'ES384', 'HS256'),
      htm: mostly<unknown>('POST', 'GET', 'post', undefined),
      htu: mostly<unknown>(
        REQUEST.htu,
        'https://rs.test:443/x/../orders?q',
        'https://rs.test/',
        '/orders',
        7,
      ),
      iat: mostly<unknown>(
        clock(),
        clock() - 60,
        clock() - 61,
        clock() + 10,
        clock() + 11,
        'now',
        undefined,
      ),
      jti: mostly<unknown>('an-identifier', '', 7, undefined),
      ath: mostly<unknown>('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo', 'wrong', undefined),
      foreign: mostly(false, true),
    })
    const counts = { accepted: 0, refused: 0 }
    await fc.assert(
      fc.asyncProperty(changes, async ({ typ, alg, foreign, ...claims }) => {
        const signing = foreign ? { signWith: other } : {}
        const proof = await factory.with({ header: { typ, alg }, claims, ...signing })
        const outcome = await outcomeOf(proof, { ...options, jkt })
        const good = couldBeGood(proof, request)
        counts[outcome === 'accepted' ? 'accepted' : 'refused'] += 1
        expect(outcome !== 'accepted' || good).toBe(true)
        // In this domain the verifier is stricter in one thing only: the future.
        const ahead = typeof claims.iat === 'number' && claims.iat > clock() + 10
        const empty = claims.jti === ''
        expect(good && !ahead && !empty).toBe(outcome === 'accepted')
      }),
      { seed: 9449, numRuns: 500 },
    )
    expect(counts.accepted).toBeGreaterThan(50)
    expect(counts.refused).toBeGreaterThan(50)
  })
})
