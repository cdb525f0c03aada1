import type { EventSink } from './events.js'
import { SessionStoreError } from './session/guarded-store.js'
import { SessionTooLargeError } from './session/sessions.js'
import { AuthorizationServerError } from './oauth/authorization-server-error.js'

/** Tells the operator what the wire does not say. */
export function reportFailure(failure: unknown, onEvent: EventSink): void {
  if (failure instanceof AuthorizationServerError) {
    const { code, status, error } = failure
    onEvent({ type: 'authorization_server_failed', code, status, error })
    return
  }
  if (failure instanceof SessionStoreError) {
    onEvent({ type: 'session_store_failed' })
    return
  }
  if (failure instanceof SessionTooLargeError) return
  onEvent({ type: 'internal_error', name: failure instanceof Error ? failure.name : 'unknown' })
}
