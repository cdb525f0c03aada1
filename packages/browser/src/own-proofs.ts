import { DPOP_HEADER, DPOP_NONCE_HEADER } from '@tmb-kit/core'
import type { BackendRequest, Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import type { TmbError } from './tmb-error.js'

/**
 * A part of a page, for a backend that demands proofs for itself (`proofOfPossession`): it gets one,
 * with its own nonce and without `ath`, from its first challenge on.
 *
 * Signing out needs none, so that a user who lost the key still can.
 */
export function ownProofs(page: Page): void {
  const { send, call } = page
  // Apart from the APIs' nonces: one of them may be on the same origin.
  let nonce: string | undefined

  const headersOf = async (url: string, { method, headers }: BackendRequest) => {
    if (!nonce || url.endsWith('/logout')) return headers

    const signer = await loadProofKey(page)
    const { href } = new URL(url, page.location.href)
    return { ...headers, [DPOP_HEADER]: await signer.sign({ method, url: href }, nonce) }
  }
  const attempt = async (url: string, init: BackendRequest): Promise<Response> => {
    const response = await send(url, { ...init, headers: await headersOf(url, init) })
    nonce = response.headers.get(DPOP_NONCE_HEADER) ?? nonce
    return response
  }
  page.send = async (url, init) => {
    const used = nonce
    const response = await attempt(url, init)
    return response.status === 401 && nonce !== used ? attempt(url, init) : response
  }

  page.call = async (endpoint, content) => {
    try {
      return await call(endpoint, content)
    } catch (error) {
      // Whose session it is, it says to no other key.
      const isOther = endpoint === 'session' && (error as TmbError).code === 'key_mismatch'
      if (isOther) return { active: true }
      throw error
    }
  }
}
