import type { Clock } from '@tmb-kit/core'

/** The backend's time, as its answers tell it. */
export interface BackendClock {
  /** Whole seconds. */
  readonly now: Clock
  /** @param sentAt When the request left, by this machine's clock. */
  learn(response: Response, sentAt: number): void
}

/**
 * Follows the `Date` header of the backend's answers.
 *
 * The header was written between sending and receiving, so the offset is only known to lie in an
 * interval. It moves no further than into that interval: a right clock stays as it is, and an answer
 * that waited in a sleeping tab changes nothing.
 */
export function createBackendClock(clock: Clock): BackendClock {
  let offset = 0
  return {
    now: () => clock() + offset,
    learn: (response, sentAt) => {
      const date = Date.parse(response.headers.get('date') ?? '') / 1000
      if (Number.isNaN(date)) return

      offset = Math.min(Math.max(offset, date - clock()), date + 1 - sentAt)
    },
  }
}
