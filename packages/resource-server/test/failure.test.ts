import type { VerifierEvent } from '@tmb-kit/resource-server'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

describe('what is absent fails closed', () => {
  it.each<readonly [string, () => unknown]>([
    ['rejects', async () => Promise.reject(new Error('down'))],
    [
      'throws',
      () => {
        throw new Error('down')
      },
    ],
    ['answers nothing', async () => undefined],
    ['answers a truth that is not true', async () => 'OK'],
  ])('a replay store that %s is 503', async (_, claim) => {
    const replayStore = { claim: claim as () => Promise<boolean> }
    const outcome = await outcomeOf(world.verifier({ replayStore }), await world.request())
    expect(outcome).toEqual({ code: 'replay_store_unavailable', status: 503, challenge: null })
  })

  it('a replay store that never answers is 503 after 5 s', async () => {
    vi.useFakeTimers()
    try {
      const replayStore = {
        claim: async () => {
          queueMicrotask(() => vi.advanceTimersByTime(5_000))
          return new Promise<boolean>(() => undefined)
        },
      }
      const outcome = await outcomeOf(world.verifier({ replayStore }), await world.request())
      expect(outcome).toMatchObject({ code: 'replay_store_unavailable', status: 503 })
    } finally {
      vi.useRealTimers()
    }
  })

  it('503 is not cached, and says when to come back', async () => {
    const replayStore = { claim: async () => Promise.reject(new Error('secret-of-the-store')) }
    const error: unknown = await world
      .verifier({ replayStore })
      .verify(await world.request())
      .catch((cause: unknown) => cause)
    const response = (error as { toResponse(): Response }).toResponse()
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(response.headers.get('Retry-After')).toBe('1')
    expect(await response.text()).not.toContain('secret-of-the-store')
  })

  it('every refusal is an event with its code, and nothing else', async () => {
    const events: VerifierEvent[] = []
    const verifier = world.verifier({ onEvent: (event) => void events.push(event) })
    await outcomeOf(verifier, await world.request({ htm: 'PUT' }))
    await verifier.verify(await world.request())
    expect(events).toEqual([{ type: 'request_refused', code: 'proof_htm_mismatch' }])
  })
})
