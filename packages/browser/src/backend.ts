import {
  CSRF_HEADER,
  CSRF_HEADER_VALUE,
  DPOP_HEADER,
  DPOP_NONCE_HEADER,
  INVALID_DPOP_PROOF,
  USE_DPOP_NONCE,
  type JsonObject,
} from '@tmb-kit/core'
import { stepUp } from './login.js'
import { endSession, isSignedOut, type Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import { TmbError, type TmbErrorCode } from './tmb-error.js'

/**
 * Calls one endpoint of the backend: a POST when there is a body, else a GET.
 *
 * A backend that demands a proof for itself (`proofOfPossession`) gets one, with its own nonce and
 * without `ath`, from its first challenge on. Signing out works without a key.
 *
 * @throws {@link TmbError} with the backend's own word, or `backend_unavailable` - no answer, a
 *   redirect, or something that is no JSON.
 */
export async function callBackend(
  page: Page,
  endpoint: string,
  content?: JsonObject,
  isAgain?: true,
): Promise<JsonObject> {
  const { fetch, backendNonce } = page
  const url = `${page.backendUrl}/${endpoint}`
  const method = content ? 'POST' : 'GET'
  const headers: Record<string, string> = {
    [CSRF_HEADER]: CSRF_HEADER_VALUE,
    'Content-Type': 'application/json',
  }
  if (backendNonce && endpoint !== 'logout') {
    const signer = await loadProofKey(page)
    const { href } = new URL(url, page.location.href)
    headers[DPOP_HEADER] = await signer.sign({ method, url: href }, backendNonce)
  }
  let response
  let answer
  try {
    response = await fetch(url, {
      method,
      headers,
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
  page.backendNonce = response.headers.get(DPOP_NONCE_HEADER) ?? backendNonce
  page.learn?.(answer)
  if (response.ok) return answer

  const { error = 'backend_unavailable' } = answer
  const wantsProof = error === USE_DPOP_NONCE || error === INVALID_DPOP_PROOF
  if (wantsProof && page.backendNonce !== backendNonce && !isAgain) {
    return callBackend(page, endpoint, content, true)
  }
  if (isSignedOut(error)) endSession(page)
  throw new TmbError(error as TmbErrorCode, { login: stepUp(page, answer) })
}
