/** base64url of the SHA-256 of a text's UTF-8 octets. */
export { hashText as computeSha256 } from '#platform'
