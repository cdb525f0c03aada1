import type { Jkt, ReplayStore } from '@tmb-kit/core'

/** One thing that every replay store must do. `run` rejects where it does not. */
export interface ReplayStoreCase {
  readonly title: string
  run(): Promise<void>
}

const ALICE = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt
const BOB = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' as Jkt
const ROUNDS = 20
const CLAIMS = 50

/**
 * What every replay store must do, for any test runner:
 *
 * ```ts
 * for (const { title, run } of replayStoreContract(async () => myStore())) it(title, run)
 * ```
 *
 * Does not check that a store forgets: that takes time, and depends on its clock.
 *
 * @param create Makes an empty store, or one that shares its memory with those before.
 */
export function replayStoreContract(
  create: () => Promise<ReplayStore>,
): readonly ReplayStoreCase[] {
  const expiresAt = (): number => Math.floor(Date.now() / 1000) + 70

  return [
    {
      title: 'takes an identifier once',
      run: async () => {
        const store = await create()
        const prefix = crypto.randomUUID()
        assert(await store.claim(ALICE, `${prefix}-once`, expiresAt()), 'the first claim must win')
        assert(!(await store.claim(ALICE, `${prefix}-once`, expiresAt())), 'the second must lose')
        assert(await store.claim(ALICE, `${prefix}-other`, expiresAt()), 'another one must win')
      },
    },
    {
      title: 'keeps the identifiers of two keys apart',
      run: async () => {
        const store = await create()
        const prefix = crypto.randomUUID()
        assert(await store.claim(ALICE, `${prefix}-keys`, expiresAt()), 'the first key must win')
        assert(await store.claim(BOB, `${prefix}-keys`, expiresAt()), 'the second key must win too')
      },
    },
    {
      title: 'takes identifiers as they are: long ones, odd ones, ones that look alike',
      run: async () => {
        const store = await create()
        const prefix = crypto.randomUUID()
        const odd = [
          'x'.repeat(256),
          'a:b',
          'a b',
          'a\u{0}b',
          'A',
          'a',
          'ä',
          '🔑',
          '%41',
          '*',
          '../a',
        ]
        for (const jti of odd) {
          assert(
            await store.claim(ALICE, `${prefix}${jti}`.slice(-256), expiresAt()),
            `${jti} must win`,
          )
        }
      },
    },
    {
      title: `has one winner of ${CLAIMS} concurrent claims, ${ROUNDS} times`,
      run: async () => {
        const store = await create()
        const prefix = crypto.randomUUID()
        for (let round = 0; round < ROUNDS; round += 1) {
          const claims = Array.from({ length: CLAIMS }, async () =>
            store.claim(ALICE, `${prefix}-round-${round}`, expiresAt()),
          )
          const wins = (await Promise.all(claims)).filter(Boolean).length
          assert(wins === 1, `one of ${CLAIMS} must win, not ${wins}`)
        }
      },
    },
  ]
}

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}
