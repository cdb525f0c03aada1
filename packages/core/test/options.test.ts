import { hmacNonceSource, memoryReplayStore } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'

const SECRETS = ['s'.repeat(32)]

describe('options that nobody reads', () => {
  it.each([
    ['memoryReplayStore', () => memoryReplayStore({ maxEntires: 10 } as object)],
    ['memoryReplayStore', () => memoryReplayStore({ ttl: 10 } as object)],
    ['hmacNonceSource', () => hmacNonceSource({ secrets: SECRETS, lifetime: 10 } as never)],
  ])('are a TypeError of %s that names them', (owner, create) => {
    expect(create).toThrow(TypeError)
    expect(create).toThrow(`is not an option of ${owner}`)
  })

  it('leave no default in force by mistake: a lifetime that is none is a TypeError as well', () => {
    for (const proofLifetimeSeconds of [-1, 0.5, Number.NaN, '70' as unknown as number]) {
      expect(() => memoryReplayStore({ proofLifetimeSeconds })).toThrow(TypeError)
    }
    expect(memoryReplayStore({ proofLifetimeSeconds: 70, maxEntries: 1 })).toBeDefined()
    expect(hmacNonceSource({ secrets: SECRETS, lifetimeSeconds: 1 })).toBeDefined()
  })
})
