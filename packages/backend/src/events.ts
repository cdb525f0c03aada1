import type { Jkt } from '@tmb-kit/core'
import type { AuthorizationServerErrorCode } from './oauth/authorization-server-error.js'

/** Why a session ended. */
export type SessionEndReason =
  'backchannel_logout' | 'grant_ended' | 'logout' | 'new_login' | 'revoked'

/**
 * What happened, for audit. No token, cookie, code, proof or assertion is ever in one.
 *
 * `session` names a session without being able to open it.
 */
export type BackendEvent =
  | { readonly type: 'login_started'; readonly jkt: Jkt; readonly reauthentication: boolean }
  | {
      readonly type: 'session_started'
      readonly session: string
      readonly subject: string
      readonly jkt: Jkt
    }
  | { readonly type: 'login_failed'; readonly error: string }
  | { readonly type: 'callback_refused'; readonly reason: CallbackRefusal }
  | {
      readonly type: 'session_ended'
      readonly session: string
      readonly reason: SessionEndReason
    }
  | {
      readonly type: 'access_token_issued'
      readonly session: string
      readonly jkt: Jkt
      readonly resource: string
      readonly scope: string
      readonly lifetimeSeconds: number
    }
  | { readonly type: 'key_mismatch'; readonly session: string; readonly offeredJkt: Jkt }
  | { readonly type: 'binding_not_applied'; readonly reason: UnboundReason }
  | { readonly type: 'csrf_rejected'; readonly path: string }
  | {
      readonly type: 'authorization_server_failed'
      readonly code: AuthorizationServerErrorCode
      readonly status: number | undefined
      /** The `error` word of its answer, if it looks like one. */
      readonly error: string | undefined
    }
  /** An endpoint of the authorization server does not answer: calls to it are refused for a while. */
  | { readonly type: 'circuit_opened'; readonly endpoint: string }
  | { readonly type: 'circuit_closed'; readonly endpoint: string }
  /** Somebody asked too often, and got 429. */
  | { readonly type: 'rate_limited'; readonly endpoint: string; readonly by: 'address' }
  | {
      readonly type: 'rate_limited'
      readonly endpoint: string
      readonly by: 'session'
      readonly session: string
    }
  /** Nothing is limited while the counter fails. */
  | { readonly type: 'rate_counter_failed' }
  | { readonly type: 'revocation_failed' }
  | { readonly type: 'session_store_failed' }
  | { readonly type: 'session_too_large'; readonly octets: number }
  | { readonly type: 'internal_error'; readonly name: string }

/** Why the callback showed its page instead of going on. */
export type CallbackRefusal =
  'issuer_mismatch' | 'malformed' | 'no_transaction' | 'not_a_navigation'

/** What was missing of a binding. */
export type UnboundReason = 'answer_cnf' | 'token_cnf' | 'token_type'

/** Takes events. What it throws is lost: no request fails because an audit log does. */
export type EventSink = (event: BackendEvent) => void

/** @internal */
export function createEventSink(
  onEvent: EventSink | undefined,
  telemetry?: { event(event: BackendEvent): void },
): EventSink {
  const sinks = [onEvent, (event: BackendEvent) => telemetry?.event(event)]
  return (event) => {
    for (const sink of sinks) {
      try {
        sink?.(event)
      } catch {
        // The listener's fault must not become the user's.
      }
    }
  }
}
