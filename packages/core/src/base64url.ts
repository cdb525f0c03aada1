const ALPHABET = /^[A-Za-z0-9_-]*$/

/** base64url without padding, RFC 7515 section 2. */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/**
 * Reads base64url without padding, in its one canonical form.
 *
 * @returns `undefined` for padding, white space, another alphabet, an impossible length, or a last
 *   character with stray bits: a second spelling of the same bytes must not pass for the first.
 */
export function parseBase64url(value: string): Uint8Array<ArrayBuffer> | undefined {
  if (!ALPHABET.test(value) || value.length % 4 === 1) return undefined

  const binary = atob(value.replaceAll('-', '+').replaceAll('_', '/'))
  const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0))
  return encodeBase64url(bytes) === value ? bytes : undefined
}

/** The UTF-8 text of base64url, or `undefined` where either encoding is broken. */
export function parseBase64urlText(value: string): string | undefined {
  const bytes = parseBase64url(value)
  if (bytes === undefined) return undefined

  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
  } catch {
    // Not UTF-8. The caller has its own word for that.
    return undefined
  }
}

/** base64url of UTF-8 text. */
export function encodeBase64urlText(text: string): string {
  return encodeBase64url(new TextEncoder().encode(text))
}
