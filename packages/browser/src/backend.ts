import {
  CSRF_HEADER,
  CSRF_HEADER_VALUE,
  DPOP_HEADER,
  INVALID_DPOP_PROOF,
  isJsonObject,
  USE_DPOP_NONCE,
  type Clock,
  type JsonObject,
} from '@tmb-kit/core'
import type { BackendClock } from './backend-clock.js'
import type { NonceCache } from './nonce-cache.js'
import type { ProofKey } from './proof-key.js'
import { stepUp, type Login } from './step-up.js'
import { BACKEND_CODES, TmbError } from './tmb-error.js'
import type { Observe } from './tmb-event.js'

export interface BackendOptions {
  /** Absolute, without a trailing slash. */
  readonly backendUrl: string
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly backendClock: BackendClock
  readonly nonces: NonceCache
  readonly proofKey: ProofKey
  readonly observe: Observe
  readonly login: Login
}

/** What the backend answered; `error` is set when it refused, and when it talked nonsense. */
export interface BackendAnswer {
  readonly body: JsonObject
  readonly error?: TmbError
}

/**
 * Calls one endpoint: a POST when there is a body, else a GET.
 *
 * A backend that demands a proof for itself (`proofOfPossession`) gets one, with its own nonce and
 * without `ath`, from its first challenge on.
 *
 * @throws {@link TmbError} `backend_unreachable` - no answer within half a minute, or a redirect.
 */
export type CallBackend = (endpoint: string, body?: JsonObject) => Promise<BackendAnswer>

const TIMEOUT_MILLISECONDS = 30_000

export function createBackend(options: BackendOptions): CallBackend {
  const { backendUrl, fetch, clock, backendClock, nonces, proofKey, observe, login } = options

  const send = async (endpoint: string, content?: JsonObject): Promise<Response> => {
    const url = `${backendUrl}/${endpoint}`
    const method = content === undefined ? 'GET' : 'POST'
    const headers = new Headers({ [CSRF_HEADER]: CSRF_HEADER_VALUE })
    if (content !== undefined) headers.set('Content-Type', 'application/json')

    // Signing out works without a key, so that a user who lost it still can.
    const nonce = endpoint === 'logout' ? undefined : nonces.of(backendUrl)
    if (nonce !== undefined) {
      const { sign } = await proofKey.load()
      headers.set(DPOP_HEADER, await sign({ method, url: new URL(url), nonce }))
    }
    const sentAt = clock()
    let response
    try {
      response = await fetch(url, {
        method,
        headers,
        body: content === undefined ? null : JSON.stringify(content),
        cache: 'no-store',
        redirect: 'error',
        signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      })
    } catch (cause) {
      throw new TmbError('backend_unreachable', { cause })
    }
    backendClock.learn(response, sentAt)
    observe({ type: 'request_answered', method, url, status: response.status })
    return response
  }

  const call = async (
    endpoint: string,
    content?: JsonObject,
    mayRetry = true,
  ): Promise<BackendAnswer> => {
    const used = nonces.of(backendUrl)
    const response = await send(endpoint, content)
    nonces.learn(backendUrl, response)
    // An answer that is no JSON, from a proxy perhaps, reads as one without members.
    const answer: unknown = await response.json().catch(() => undefined)
    const body = isJsonObject(answer) ? answer : {}
    const word = body['error']
    const isChallenge = word === USE_DPOP_NONCE || word === INVALID_DPOP_PROOF
    if (isChallenge && mayRetry && nonces.of(backendUrl) !== used) {
      return call(endpoint, content, false)
    }
    if (response.ok && isJsonObject(answer)) return { body }

    const code = BACKEND_CODES.find((known) => known === word) ?? 'backend_error'
    const retryAfterSeconds = Number(response.headers.get('retry-after')) || undefined
    const signIn =
      response.status === 401 || response.status === 409
        ? stepUp(login, body['acr_values'], body['max_age'])
        : undefined
    return { body, error: new TmbError(code, { retryAfterSeconds, login: signIn }) }
  }
  return async (endpoint, content) => call(endpoint, content)
}
