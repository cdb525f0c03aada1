import type { Context } from 'hono'
import { answerJson, noteRefusal } from './answer-json.js'
import { REFUSALS, RefusalError } from './errors.js'
import type { EventSink } from './events.js'
import { AuthorizationServerError } from './oauth/authorization-server-error.js'
import { reportFailure } from './report-failure.js'
import { SessionStoreError } from './session/guarded-store.js'
import { SessionTooLargeError } from './session/sessions.js'

/** When the authorization server did not say when to come again. */
const RETRY_AFTER_SECONDS = 5

/** Turns whatever a route threw into JSON: our own words only, and no stack. */
export function answerError(c: Context, error: unknown, onEvent: EventSink): Response {
  if (!(error instanceof RefusalError)) reportFailure(error, onEvent)

  const { code, details } = toRefusal(error)
  const { status, message } = REFUSALS[code]
  noteRefusal(c, code)
  const { headers, members } = details
  return answerJson(c, { error: code, error_description: message, ...members }, { status, headers })
}

function toRefusal(error: unknown): RefusalError {
  if (error instanceof RefusalError) return error
  if (error instanceof SessionStoreError) return unavailable(RETRY_AFTER_SECONDS)
  if (error instanceof SessionTooLargeError) return new RefusalError('as_error')
  if (!(error instanceof AuthorizationServerError)) return new RefusalError('server_error')

  const { code, retryAfterSeconds = RETRY_AFTER_SECONDS } = error
  return code === 'unavailable' ? unavailable(retryAfterSeconds) : new RefusalError('as_error')
}

function unavailable(retryAfterSeconds: number): RefusalError {
  return new RefusalError('as_unavailable', {
    headers: { 'Retry-After': String(retryAfterSeconds) },
  })
}
