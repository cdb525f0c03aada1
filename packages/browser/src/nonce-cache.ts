import { DPOP_NONCE_HEADER } from '@tmb-kit/core'

/**
 * The newest nonce of each server, by origin. Bounded by the origins that the page may call.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-8.2
 */
export interface NonceCache {
  /** The nonce for a proof to this server; never another's. */
  of(origin: string): string | undefined
  /** Keeps the nonce of an answer, success or error, where CORS lets the page see it. */
  learn(origin: string, response: Response): void
  set(origin: string, nonce: string): void
  forget(): void
}

export function createNonceCache(): NonceCache {
  const nonces = new Map<string, string>()
  return {
    of: (origin) => nonces.get(origin),
    learn: (origin, response) => {
      const nonce = response.headers.get(DPOP_NONCE_HEADER)
      if (nonce) nonces.set(origin, nonce)
    },
    set: (origin, nonce) => void nonces.set(origin, nonce),
    forget: () => {
      nonces.clear()
    },
  }
}
