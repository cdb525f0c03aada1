import { systemClock, type Clock } from '@tmb-kit/core'
import { createBoundedMap } from '../bounded-map.js'
import type { RateCounter } from './rate-counter.js'

export interface MemoryRateCounterOptions {
  readonly clock?: Clock
  /** How many names are counted at the same time; the oldest is forgotten then. Default: 100,000. */
  readonly maxEntries?: number
}

/** Counts in this process's memory: each instance allows as much as one would alone. */
export function memoryRateCounter(options: MemoryRateCounterOptions = {}): RateCounter {
  const { clock = systemClock, maxEntries = 100_000 } = options
  const windows = createBoundedMap<{ count: number; readonly endsAt: number }>(maxEntries)

  return {
    count: async (name, windowSeconds) => {
      const now = clock()
      const known = windows.get(name, now)
      const window = known ?? { count: 0, endsAt: now + windowSeconds }
      window.count += 1
      if (known === undefined) windows.set(name, window, window.endsAt)
      return { count: window.count, secondsLeft: window.endsAt - now }
    },
  }
}
