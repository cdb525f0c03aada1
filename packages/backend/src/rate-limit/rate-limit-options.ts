import { assertKnownOptions, assertPositiveSeconds } from '../option-checks.js'
import { memoryRateCounter } from './memory-rate-counter.js'
import type { RateCounter } from './rate-counter.js'

/** So many requests in so many seconds. */
export interface RateLimit {
  readonly requests: number
  readonly windowSeconds: number
}

/** The endpoints that can be limited by address. */
export const LIMITED_BY_ADDRESS = ['backchannelLogout', 'callback', 'login', 'token'] as const
export type LimitedByAddress = (typeof LIMITED_BY_ADDRESS)[number]

export interface RateLimitOptions {
  /**
   * The address that a request comes from, as this deployment knows it: the socket's, or what a
   * proxy of yours writes into a header that it takes from nobody else. Without it nothing is limited
   * by address: `X-Forwarded-For` is what the sender says, and never looked at.
   *
   * @param env What the server gives Hono: on Node `{ incoming, outgoing }`.
   * @returns `undefined` for a request that is not to be limited.
   */
  readonly address?: (request: Request, env: unknown) => string | undefined
  /** Where it is counted. Default: `memoryRateCounter()`. */
  readonly counter?: RateCounter
  /** Of each address. `false` for no limit. */
  readonly perAddress?: Readonly<Partial<Record<LimitedByAddress, RateLimit | false>>>
  /** Of each session. `false` for no limit. */
  readonly perSession?: { readonly token?: RateLimit | false }
}

/** The options, checked, with their defaults. */
export interface RateLimitSettings {
  readonly address: RateLimitOptions['address']
  readonly counter: RateCounter
  readonly perAddress: Readonly<Record<LimitedByAddress, RateLimit | false>>
  readonly perSession: { readonly token: RateLimit | false }
}

const MINUTE = 60

/** Many users can share one address; a page asks for a token once in a few minutes. */
const PER_ADDRESS = {
  login: { requests: 120, windowSeconds: MINUTE },
  callback: { requests: 240, windowSeconds: MINUTE },
  token: { requests: 1200, windowSeconds: MINUTE },
  backchannelLogout: { requests: 600, windowSeconds: MINUTE },
} as const satisfies Record<LimitedByAddress, RateLimit>

const PER_SESSION = { token: { requests: 120, windowSeconds: MINUTE } } as const

/** @throws {TypeError} */
export function parseRateLimits(
  options: RateLimitOptions | undefined,
): RateLimitSettings | undefined {
  if (options === undefined) return undefined

  const names = ['address', 'counter', 'perAddress', 'perSession']
  assertKnownOptions('rateLimits', options, names)
  const { address, counter = memoryRateCounter(), perAddress = {}, perSession = {} } = options
  assertKnownOptions('rateLimits.perAddress', perAddress, LIMITED_BY_ADDRESS)
  assertKnownOptions('rateLimits.perSession', perSession, ['token'])
  if (address !== undefined && typeof (address as unknown) !== 'function') {
    throw new TypeError('rateLimits.address must be a function of the request')
  }
  if (typeof (counter as Partial<RateCounter>).count !== 'function') {
    throw new TypeError('rateLimits.counter must be a counter, like memoryRateCounter()')
  }
  if (address === undefined && Object.keys(perAddress).length > 0) {
    throw new TypeError('rateLimits.perAddress needs rateLimits.address: who sends a request')
  }
  const settings = {
    address,
    counter,
    perAddress: { ...PER_ADDRESS, ...perAddress },
    perSession: { ...PER_SESSION, ...perSession },
  }
  for (const limit of [...Object.values(settings.perAddress), settings.perSession.token]) {
    assertLimit(limit)
  }
  return settings
}

function assertLimit(limit: RateLimit | false): void {
  if (limit === false) return

  assertKnownOptions('a rate limit', limit, ['requests', 'windowSeconds'])
  assertPositiveSeconds('windowSeconds of a rate limit', limit.windowSeconds)
  if (!Number.isSafeInteger(limit.requests) || limit.requests < 1) {
    throw new TypeError('requests of a rate limit must be a whole number, 1 or more')
  }
}
