import { decodeBase64url, decodeBase64urlText } from '#platform'

const ALPHABET = /^[A-Za-z0-9_-]*$/

// One octet beyond a multiple of three leaves four bits unused in the last character, two octets
// leave two. Where they are not zero, the value is a second spelling of the same bytes.
const LAST_OF_ONE_OCTET = 'AQgw'
const LAST_OF_TWO_OCTETS = 'AEIMQUYcgkosw048'

/**
 * Reads base64url without padding, in its one canonical form.
 *
 * @returns `undefined` for padding, white space, another alphabet, an impossible length, or a last
 *   character with stray bits: a second spelling of the same bytes must not pass for the first.
 */
export function parseBase64url(value: string): Uint8Array<ArrayBuffer> | undefined {
  return isCanonical(value) ? decodeBase64url(value) : undefined
}

/** How many octets canonical base64url holds; `undefined` where {@link parseBase64url} refuses. */
export function octetsOfBase64url(value: string): number | undefined {
  return isCanonical(value) ? Math.floor((value.length * 3) / 4) : undefined
}

/** The UTF-8 text of base64url, or `undefined` where either encoding is broken. */
export function parseBase64urlText(value: string): string | undefined {
  return isCanonical(value) ? decodeBase64urlText(value) : undefined
}

function isCanonical(value: string): boolean {
  if (!ALPHABET.test(value)) return false

  const last = value.at(-1) ?? ''
  switch (value.length % 4) {
    case 1:
      return false
    case 2:
      return LAST_OF_ONE_OCTET.includes(last)
    case 3:
      return LAST_OF_TWO_OCTETS.includes(last)
    default:
      return true
  }
}
