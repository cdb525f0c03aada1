import type { Jkt } from '@tmb-kit/core'
import type { ProofClaims } from './proof-signer.js'

/**
 * What happened, for whoever wants to show or count it. Closed, and without secrets: no token, no
 * proof, no key. URLs come without query.
 */
export type TmbEvent =
  | { readonly type: 'proof_key_ready'; readonly jkt: Jkt; readonly created: boolean }
  | { readonly type: 'login_started'; readonly jkt: Jkt }
  | {
      readonly type: 'access_token_received'
      readonly jkt: Jkt
      readonly scope: string | undefined
      readonly resource: string | undefined
      /** NumericDate, by the backend's clock. */
      readonly expiresAt: number
    }
  | { readonly type: 'proof_created'; readonly claims: ProofClaims }
  | {
      readonly type: 'request_answered'
      readonly method: string
      readonly url: string
      readonly status: number
    }
  | {
      readonly type: 'request_retried'
      readonly reason: 'access_token' | 'nonce'
      readonly url: string
    }
  | { readonly type: 'session_ended'; readonly reason: SessionEndReason }

/**
 * Why a session ended: the backend said so (its word), the user signed out (here or in another
 * tab), or another tab now has another user's session.
 */
export type SessionEndReason = 'login_required' | 'logout' | 'no_session' | 'user_changed'

/** Events of `tmb.on`: what a page has to react to. */
export interface TmbEventMap {
  /** Once for each session that ended. Nothing navigates by itself. */
  readonly sessionended: { readonly reason: SessionEndReason }
  /** Another tab has signed in. Ask `session()`: it may be another user. */
  readonly sessionstarted: undefined
  /** This browser has another key now, or none. Ask `session()`. */
  readonly keyreplaced: { readonly jkt: string | undefined }
}

/** Takes one event. Called after the step, never in the middle of it. */
export type Observe = (event: TmbEvent) => void
