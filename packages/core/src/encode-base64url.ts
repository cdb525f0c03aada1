/** base64url without padding, RFC 7515 section 2. */
export function encodeBase64url(bytes: Uint8Array): string {
  let binary = ''
  for (const byte of bytes) binary += String.fromCharCode(byte)
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
}

/** base64url of UTF-8 text. */
export function encodeBase64urlText(text: string): string {
  return encodeBase64url(new TextEncoder().encode(text))
}
