import { CSRF_HEADER, CSRF_HEADER_VALUE, type JsonObject } from '@tmb-kit/core'
import { stepUp } from './login.js'
import { endSession, type Page } from './page.js'
import { TmbError, type TmbErrorCode } from './tmb-error.js'

/**
 * Calls one endpoint of the backend: a POST when there is a body, else a GET.
 *
 * @throws {@link TmbError} with the backend's own word, or `backend_unavailable` - no answer, a
 *   redirect, or something that is no JSON.
 */
export async function callBackend(
  page: Page,
  endpoint: string,
  content?: JsonObject,
): Promise<JsonObject> {
  const { fetch } = page
  let response
  let answer
  try {
    response = await fetch(`${page.backendUrl}/${endpoint}`, {
      method: content ? 'POST' : 'GET',
      headers: { [CSRF_HEADER]: CSRF_HEADER_VALUE, 'Content-Type': 'application/json' },
      body: JSON.stringify(content),
      redirect: 'error',
    })
    answer = Object(await response.json()) as JsonObject
  } catch {
    // Without the cause: what the parser complains of may quote a token.
    throw new TmbError('backend_unavailable')
  }
  // Proofs follow the backend's clock: this machine's may be wrong.
  page.offsetSeconds +=
    Date.parse(response.headers.get('Date') as string) / 1000 - page.clock() || 0
  if (response.ok) return answer

  const { error = 'backend_unavailable' } = answer
  if (error === 'no_session' || error === 'login_required') endSession(page)
  throw new TmbError(error as TmbErrorCode, { login: stepUp(page, answer) })
}
