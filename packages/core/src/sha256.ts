import { encodeBase64url } from './base64url.js'

/** base64url of the SHA-256 of a text's UTF-8 octets. */
export async function computeSha256(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return encodeBase64url(new Uint8Array(digest))
}
