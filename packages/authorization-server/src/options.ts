import type { Clock } from '@tmb-kit/core'
import type { KeyBindingEventSink } from './events.js'
import type { TokenExchangeOptions } from './exchange/exchange-policy.js'
import type { OneTimeUseStore } from './one-time-use.js'
import { TOKEN_ENDPOINT_CORS, type TokenEndpointCors } from './token-endpoint-cors.js'

export interface KeyBindingOptions {
  /** Takes audit events. Must not throw, and is not waited for. */
  readonly onEvent?: KeyBindingEventSink
  /** Must be shared by all processes that share the adapter. Default: the memory of this process. */
  readonly oneTimeUseStore?: OneTimeUseStore
  /** Token exchange (RFC 8693): who may exchange what. Default: the grant is not there. */
  readonly tokenExchange?: TokenExchangeOptions
  /**
   * How long a token lives that was bound by `tmb`, in seconds, at most. Default: 300, since whoever holds
   * the key of a stolen browser profile has it for as long.
   */
  readonly maxBoundTokenSeconds?: number
  /**
   * Who may read answers of the token endpoint in a page of another origin. Default: `'off'`. With
   * `'public-clients'` oidc-provider's `clientBasedCORS` decides for clients without authentication.
   */
  readonly tokenEndpointCors?: TokenEndpointCors
  /** Default: the clock of the machine. oidc-provider's own clock is not affected. */
  readonly clock?: Clock
}

const NAMES: Readonly<Record<keyof KeyBindingOptions, true>> = {
  onEvent: true,
  oneTimeUseStore: true,
  tokenExchange: true,
  maxBoundTokenSeconds: true,
  tokenEndpointCors: true,
  clock: true,
}

const DEFAULT_MAX_BOUND_TOKEN_SECONDS = 300

/**
 * Looks at the options of an operator who may have no types, and gives the lifetime among them.
 *
 * @throws {TypeError} for an unknown option, or a value that is none of its option.
 */
export function readMaxBoundTokenSeconds(options: KeyBindingOptions): number {
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(NAMES, name))
  if (unknown !== undefined) throw new TypeError(`unknown option ${unknown}`)

  const { maxBoundTokenSeconds = DEFAULT_MAX_BOUND_TOKEN_SECONDS } = options
  const { tokenEndpointCors = 'off' } = options
  if (!TOKEN_ENDPOINT_CORS.includes(tokenEndpointCors)) {
    throw new TypeError(`tokenEndpointCors must be one of ${TOKEN_ENDPOINT_CORS.join(', ')}`)
  }
  if (!Number.isSafeInteger(maxBoundTokenSeconds) || maxBoundTokenSeconds < 1) {
    throw new TypeError('maxBoundTokenSeconds must be a whole number of seconds')
  }
  return maxBoundTokenSeconds
}
