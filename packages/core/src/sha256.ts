import { hashText } from '#platform'

/** base64url of the SHA-256 of a text's UTF-8 octets. */
export async function computeSha256(text: string): Promise<string> {
  return hashText(text)
}
