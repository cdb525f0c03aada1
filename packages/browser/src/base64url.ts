/**
 * base64url without padding, RFC 7515 section 2, of text whose characters are octets.
 *
 * Everything in a proof is ASCII, so it needs no journey through UTF-8: that journey would take
 * longer than the rest of a proof but its signature.
 */
export function encodeText(binary: string): string {
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** The same of octets, which are few. */
export function encodeOctets(octets: ArrayBuffer): string {
  return encodeText(String.fromCharCode(...new Uint8Array(octets)))
}
