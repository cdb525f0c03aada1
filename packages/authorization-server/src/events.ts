import type { Confirmation } from './confirmation.js'
import type { KeyBindingErrorCode } from './errors.js'
import type { Entitlement } from './exchange/entitlement.js'

/** What happened, for audit. No token, code, secret or proof is ever in one. */
export type KeyBindingEvent =
  | {
      /** One access token was bound to a key that its client named without a proof. */
      readonly type: 'token_bound'
      readonly clientId: string
      readonly grantType: string
      readonly cnf: Confirmation
      /** The user, where the grant has one. */
      readonly subject: string | undefined
      readonly grantId: string | undefined
      /** Whether the request had a `DPoP` header, which took no part. Our backend sends none. */
      readonly dpopHeaderIgnored: boolean
    }
  | {
      /** A token was exchanged. With `tmb` there is a `token_bound` as well. */
      readonly type: 'token_exchanged'
      readonly clientId: string
      readonly subject: string
      /** Whom the subject token was issued to. */
      readonly subjectClientId: string
      /** Who acts for the subject from now on. */
      readonly actor: string
      readonly entitlement: Entitlement
      readonly resource: string
      readonly scope: string
      readonly cnf: Confirmation | undefined
    }
  | {
      readonly type: 'token_request_refused'
      readonly clientId: string
      readonly grantType: string
      readonly code: KeyBindingErrorCode
    }

/** Takes events. What it throws is lost: no request fails because an audit log does. */
export type KeyBindingEventSink = (event: KeyBindingEvent) => void

/** @internal */
export function createEventSink(onEvent: KeyBindingEventSink | undefined): KeyBindingEventSink {
  return (event) => {
    try {
      onEvent?.(event)
    } catch {
      // The listener's fault must not become the client's.
    }
  }
}
