import { memorySessionStore } from '@tmb-kit/backend'
import { expect, it, vi } from 'vitest'
import { guardStore, SessionStoreError } from '../../src/session/guarded-store.js'

it('a lease whose answer came too late, or never, is given back', async () => {
  const inner = memorySessionStore()
  let answer: () => void = () => undefined
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  const late = guardStore({
    ...inner,
    acquireLease: async (...lease) => {
      await answered
      return inner.acquireLease(...lease)
    },
  })
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  try {
    const asked = expect(late.acquireLease('row', 'late', 60)).rejects.toThrow(SessionStoreError)
    await vi.advanceTimersByTimeAsync(5000)
    await asked
  } finally {
    vi.useRealTimers()
  }
  answer()
  await vi.waitFor(async () => {
    expect(await inner.acquireLease('row', 'next', 60)).toBe('acquired')
  })

  const lost = guardStore({
    ...inner,
    acquireLease: async (...lease) => {
      await inner.acquireLease(...lease)
      throw new Error('connection reset')
    },
  })
  await expect(lost.acquireLease('other', 'lost', 60)).rejects.toThrow(SessionStoreError)
  await vi.waitFor(async () => {
    expect(await inner.acquireLease('other', 'next', 60)).toBe('acquired')
  })
})
