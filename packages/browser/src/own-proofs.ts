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

  const attempt = async (url: string, init: BackendRequest, isAgain = false): Promise<Response> => {
    const { method, headers } = init
    const used = nonce
    let proof
    if (used && !url.endsWith('/logout')) {
      const signer = await loadProofKey(page)
      const { href } = new URL(url, page.location.href)
      proof = { [DPOP_HEADER]: await signer.sign({ method, url: href }, used) }
    }
    const response = await send(url, { ...init, headers: { ...headers, ...proof } })
    nonce = response.headers.get(DPOP_NONCE_HEADER) ?? nonce
    const isChallenge = response.status === 401 && nonce !== used && !isAgain
    return isChallenge ? attempt(url, init, true) : response
  }
  page.send = attempt

  page.call = async (endpoint, content) =>
    call(endpoint, content).catch((error: unknown) => {
      // Whose session it is, it says to no other key.
      if (content || (error as TmbError).code !== 'key_mismatch') throw error

      return { active: true }
    })
}
