import { memoryReplayStore, type Jkt } from '@tmb-kit/core'
import { replayStoreContract, slow, testClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' as Jkt

replayStoreContract('memory', (clock) => memoryReplayStore({ clock }))
replayStoreContract('memory, slow', (clock) => slow(memoryReplayStore({ clock })))

describe('memoryReplayStore', () => {
  it('RS-DPOP-18: when full, it rejects and forgets nothing', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ maxEntries: 2, clock })
    await store.claim(JKT, 'one', clock() + 70)
    await store.claim(JKT, 'two', clock() + 70)
    await expect(store.claim(JKT, 'three', clock() + 70)).rejects.toMatchObject({
      code: 'replay_store_full',
    })
    expect(await store.claim(JKT, 'one', clock() + 70)).toBe(false)
  })

  it('RS-DPOP-18: makes room as proofs run out', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ maxEntries: 2, clock })
    await store.claim(JKT, 'one', clock() + 10)
    await store.claim(JKT, 'two', clock() + 20)
    clock.advance(11)
    expect(await store.claim(JKT, 'three', clock() + 70)).toBe(true)
    await expect(store.claim(JKT, 'four', clock() + 70)).rejects.toThrow('full')
  })

  it('RS-DPOP-17: an identifier is free again after its time, in another proof', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ clock })
    await store.claim(JKT, 'one', clock() + 70)
    clock.advance(71)
    expect(await store.claim(JKT, 'one', clock() + 70)).toBe(true)
    expect(await store.claim(JKT, 'one', clock() + 70)).toBe(false)
  })

  it('RS-DPOP-17: the same proof again is refused even by a clock that says it has run out', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ clock })
    expect(await store.claim(JKT, 'one', clock() - 5)).toBe(true)
    expect(await store.claim(JKT, 'one', clock() - 5)).toBe(false)
  })

  it('RS-DPOP-17: told how long proofs live, it refuses those older than itself', async () => {
    const clock = testClock()
    const store = memoryReplayStore({ proofLifetimeSeconds: 70, clock })
    const expiryOf = (iat: number): number => iat + 70
    expect(await store.claim(JKT, 'before', expiryOf(clock() - 1))).toBe(false)
    expect(await store.claim(JKT, 'at birth', expiryOf(clock()))).toBe(true)
    clock.advance(30)
    expect(await store.claim(JKT, 'still before', expiryOf(clock() - 31))).toBe(false)
    expect(await store.claim(JKT, 'after', expiryOf(clock() - 30))).toBe(true)
  })

  it.each([0, -1, 1.5])('refuses room for %d entries', (maxEntries) => {
    expect(() => memoryReplayStore({ maxEntries })).toThrow(TypeError)
  })
})
