import { computeSha256 } from './sha256.js'

/**
 * The `ath` of a proof: base64url SHA-256 of the access token's ASCII octets.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.2
 */
export async function computeTokenHash(accessToken: string): Promise<string> {
  return computeSha256(accessToken)
}
