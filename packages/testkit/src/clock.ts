import type { Clock } from '@tmb-kit/core'

/** A clock that stands still until it is told to move. */
export interface TestClock extends Clock {
  advance(seconds: number): void
}

/** @param start NumericDate. Default: 2027-01-15T08:00:00Z, so that no test depends on today. */
export function testClock(start = 1_800_000_000): TestClock {
  let now = start
  return Object.assign(() => now, {
    advance: (seconds: number) => {
      now += seconds
    },
  })
}
