import { CSRF_HEADER, CSRF_HEADER_VALUE, type JsonObject } from '@tmb-kit/core'
import { endSession, isSignedOut, type Page } from './page.js'
import { TmbError, type TmbErrorCode } from './tmb-error.js'

/**
 * Calls one endpoint of the backend: a POST when there is a body, else a GET.
 *
 * @throws {@link TmbError} with the backend's own word, or `backend_unavailable` - no answer, a
 *   redirect, something that is no JSON, or nothing whole within 30 s.
 */
export async function callBackend(
  page: Page,
  endpoint: string,
  content?: JsonObject,
): Promise<JsonObject> {
  const { send } = page
  let response
  let answer
  try {
    response = await send(`${page.backendUrl}/${endpoint}`, {
      method: content ? 'POST' : 'GET',
      headers: { 'Content-Type': 'application/json', [CSRF_HEADER]: CSRF_HEADER_VALUE },
      body: JSON.stringify(content),
      redirect: 'error',
      signal: AbortSignal.timeout(30_000),
    })
    answer = Object(await response.json()) as JsonObject
  } catch {
    // Without the cause: what the parser complains of may quote a token.
    throw new TmbError('backend_unavailable')
  }
  const details = page.learn?.(answer, response)
  if (response.ok) return answer

  const { error = 'backend_unavailable', acr_values, max_age } = answer
  // One who only has to sign in better is still signed in.
  if (isSignedOut(error) && (acr_values ?? max_age) === undefined) endSession(page)
  throw new TmbError(error as TmbErrorCode, details)
}
