import { memoryReplayStore, type Jkt } from '@tmb-kit/core'
import { testClock } from '@tmb-kit/testkit'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt
const LIFETIME_SECONDS = 70

describe('memoryReplayStore, beside a plain map', () => {
  it('RS-DPOP-17: never takes twice what still counts, and takes everything else', async () => {
    const steps = fc.array(
      fc.record({
        jti: fc.integer({ min: 0, max: 60 }),
        age: fc.integer({ min: 0, max: 60 }),
        pause: fc.constantFrom(0, 0, 0, 1, 5, 40),
      }),
      { minLength: 50, maxLength: 400 },
    )
    await fc.assert(
      fc.asyncProperty(steps, async (list) => {
        const clock = testClock()
        const store = memoryReplayStore({ clock })
        const expiries = new Map<number, number>()
        for (const { jti, age, pause } of list) {
          clock.advance(pause)
          const expiresAt = clock() - age + LIFETIME_SECONDS
          const isNew = (expiries.get(jti) ?? 0) < clock()
          expect(await store.claim(JKT, `${jti}`, expiresAt)).toBe(isNew)
          if (isNew) expiries.set(jti, expiresAt)
        }
      }),
      { seed: 9449, numRuns: 60 },
    )
  })

  it('RS-DPOP-18: remembers each of very many while they live, and holds exactly as many as it may', async () => {
    const clock = testClock()
    const maxEntries = 20_000
    const store = memoryReplayStore({ maxEntries, clock })
    const claim = async (index: number) => store.claim(JKT, `${index}`, clock() + 70)
    for (let index = 0; index < maxEntries; index += 1) expect(await claim(index)).toBe(true)
    for (let index = 0; index < maxEntries; index += 1) expect(await claim(index)).toBe(false)
    await expect(claim(maxEntries)).rejects.toMatchObject({ code: 'replay_store_full' })

    clock.advance(71)
    for (let index = 0; index < maxEntries; index += 1) expect(await claim(index)).toBe(true)
    await expect(claim(maxEntries)).rejects.toMatchObject({ code: 'replay_store_full' })
  })

  it('RS-DPOP-18: has room for as many as are alive, second by second, for hours', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ maxEntries: 71, clock })
    for (let second = 0; second < 10_000; second += 1) {
      expect(await store.claim(JKT, `${second}`, clock() + 70)).toBe(true)
      clock.advance(1)
    }
  })

  it('rejects an expiry that is no number, since it could not be compared', async () => {
    const store = memoryReplayStore()
    await expect(store.claim(JKT, 'one', Number.NaN)).rejects.toThrow(TypeError)
  })
})
