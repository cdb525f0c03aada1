import type { EventSink } from '../events.js'
import { AuthorizationServerError } from '../oauth/authorization-server-error.js'
import { reportFailure } from '../report-failure.js'
import { SessionStoreError } from '../session/guarded-store.js'
import { LoginError } from './complete-login.js'

/** The authorization server's words that mean something to the page. */
const PASSED_ON: readonly string[] = [
  'access_denied',
  'consent_required',
  'interaction_required',
  'login_required',
  'temporarily_unavailable',
]

/** What the page gets to read of the authorization server's `error`. */
export function passOnError(error: string): string {
  return PASSED_ON.includes(error) ? error : 'as_error'
}

/** What the page gets to read of a login that failed on the back channel. */
export function loginErrorWord(failure: unknown, onEvent: EventSink): string {
  if (failure instanceof LoginError) return failure.code

  reportFailure(failure, onEvent)
  const isDown =
    failure instanceof SessionStoreError ||
    (failure instanceof AuthorizationServerError && failure.code === 'unavailable')
  return isDown ? 'as_unavailable' : 'as_error'
}
