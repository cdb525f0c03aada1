import type { Jkt, ReplayStore } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'
import { testClock, type TestClock } from '../clock.js'

const ALICE = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt
const BOB = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs' as Jkt

/** What every replay store must do, whoever wrote it. */
export function replayStoreContract(name: string, create: (clock: TestClock) => ReplayStore): void {
  describe(`replay store contract: ${name}`, () => {
    it('takes an identifier once', async () => {
      const clock = testClock()
      const store = create(clock)
      expect(await store.claim(ALICE, 'one', clock() + 70)).toBe(true)
      expect(await store.claim(ALICE, 'one', clock() + 70)).toBe(false)
      expect(await store.claim(ALICE, 'two', clock() + 70)).toBe(true)
    })

    it('keeps the identifiers of two keys apart', async () => {
      const clock = testClock()
      const store = create(clock)
      expect(await store.claim(ALICE, 'one', clock() + 70)).toBe(true)
      expect(await store.claim(BOB, 'one', clock() + 70)).toBe(true)
    })

    it('remembers up to and including the second it was told', async () => {
      const clock = testClock()
      const store = create(clock)
      await store.claim(ALICE, 'one', clock() + 70)
      clock.advance(70)
      expect(await store.claim(ALICE, 'one', clock() + 70)).toBe(false)
    })

    it('has exactly one winner of fifty concurrent claims, twenty times', async () => {
      const clock = testClock()
      const store = create(clock)
      for (let round = 0; round < 20; round += 1) {
        const claims = Array.from({ length: 50 }, async () =>
          store.claim(ALICE, `round-${round}`, clock() + 70),
        )
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
      }
    })
  })
}
