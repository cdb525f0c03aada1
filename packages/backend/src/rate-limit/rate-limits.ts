import { computeSha256 } from '@tmb-kit/core'
import type { Context } from 'hono'
import { RefusalError } from '../errors.js'
import type { EventSink } from '../events.js'
import { withinSeconds } from '../within-seconds.js'
import type { LimitedByAddress, RateLimit, RateLimitSettings } from './rate-limit-options.js'

/** Says when somebody asks too often. */
export interface RateLimits {
  /** @throws {RefusalError} `slow_down` */
  assertAddress(c: Context, endpoint: LimitedByAddress): Promise<void> | undefined
  /** @throws {RefusalError} `slow_down` */
  assertSession(session: string, endpoint: 'token'): Promise<void> | undefined
}

/** A counter that is slower than this is as one that is down. */
const PATIENCE_SECONDS = 1

/**
 * Counts requests against their limits. A counter that fails lets everybody through: an outage of it
 * must not become one of ours.
 */
export function createRateLimits(
  settings: RateLimitSettings | undefined,
  onEvent: EventSink,
): RateLimits {
  if (settings === undefined) {
    return { assertAddress: () => undefined, assertSession: () => undefined }
  }

  const { address, counter, perAddress, perSession } = settings
  const countOrLetPass = async (name: string, { requests, windowSeconds }: RateLimit) => {
    const counting = counter.count(await computeSha256(name), windowSeconds)
    const counted = await withinSeconds(PATIENCE_SECONDS, counting).catch(() => undefined)
    if (counted === undefined) onEvent({ type: 'rate_counter_failed' })
    return counted === undefined || counted.count <= requests ? undefined : counted.secondsLeft
  }
  const refuse = (seconds: number): never => {
    const headers = { 'Retry-After': String(Math.max(1, Math.ceil(seconds))) }
    throw new RefusalError('slow_down', { headers })
  }

  return {
    assertAddress: async (c, endpoint) => {
      const limit = perAddress[endpoint]
      const from = limit === false ? undefined : address?.(c.req.raw, c.env)
      if (limit === false || from === undefined) return

      const seconds = await countOrLetPass(`address ${endpoint} ${from}`, limit)
      if (seconds === undefined) return
      onEvent({ type: 'rate_limited', endpoint, by: 'address' })
      refuse(seconds)
    },
    assertSession: async (session, endpoint) => {
      const limit = perSession[endpoint]
      if (limit === false) return

      const seconds = await countOrLetPass(`session ${endpoint} ${session}`, limit)
      if (seconds === undefined) return
      onEvent({ type: 'rate_limited', endpoint, by: 'session', session })
      refuse(seconds)
    },
  }
}
