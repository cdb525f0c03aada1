import { createBoundedMap } from '../bounded-map.js'
import type { Clock } from '@tmb-kit/core'

/** The nonces of the authorization server. Never those of the backend itself, RFC 9449 section 9. */
export interface DpopNonces {
  /** The newest, for the page's next proof. */
  current(): string | undefined
  remember(nonce: string): void
  /** Whether the authorization server gave it lately: then it vouches for the time of a proof. */
  isKnown(nonce: string): boolean
}

// RFC 9449 section 8.1.
const NONCE = /^[\x21\x23-\x5b\x5d-\x7e]{1,512}$/

const MAX_NONCES = 100
const LIFETIME_SECONDS = 600

export function createDpopNonces(clock: Clock): DpopNonces {
  const known = createBoundedMap<true>(MAX_NONCES)
  let newest: string | undefined

  return {
    current: () => newest,
    remember: (nonce) => {
      if (!NONCE.test(nonce)) return
      newest = nonce
      known.set(nonce, true, clock() + LIFETIME_SECONDS)
    },
    isKnown: (nonce) => known.get(nonce, clock()) === true,
  }
}
