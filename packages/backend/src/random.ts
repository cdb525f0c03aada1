import { encodeBase64url } from '@tmb-kit/core'

/** 256 random bits in 43 characters: states, nonces, verifiers. */
export function randomText(octets = 32): string {
  return encodeBase64url(crypto.getRandomValues(new Uint8Array(octets)))
}
