import type { OneTimeUseStore } from '@tmb-kit/authorization-server'
import { testClock, type TestClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'

/** What every store of used codes must do, whoever wrote it. */
export function oneTimeUseStoreContract(
  name: string,
  create: (clock: TestClock) => OneTimeUseStore,
): void {
  describe(`one-time use store contract: ${name}`, () => {
    it('says yes once for an id, and once for another', async () => {
      const clock = testClock()
      const store = create(clock)
      expect(await store.claim('one', clock() + 300)).toBe(true)
      expect(await store.claim('one', clock() + 300)).toBe(false)
      expect(await store.claim('two', clock() + 300)).toBe(true)
    })

    it('remembers as long as it was told', async () => {
      const clock = testClock()
      const store = create(clock)
      await store.claim('kept', clock() + 300)
      clock.advance(299)
      expect(await store.claim('kept', clock() + 300)).toBe(false)
    })

    it('has exactly one winner of fifty concurrent claims, twenty times', async () => {
      const clock = testClock()
      const store = create(clock)
      for (let round = 0; round < 20; round += 1) {
        const claims = Array.from({ length: 50 }, async () =>
          store.claim(`round-${round}`, clock() + 300),
        )
        expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
      }
    })
  })
}
