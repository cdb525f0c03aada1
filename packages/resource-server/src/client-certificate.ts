import { encodeBase64url, equalInConstantTime } from '@tmb-kit/core'
import { RefusedError } from './refusal.js'

/**
 * RFC 8705 section 3.1: the certificate of the connection is the one that the token is bound to.
 *
 * Does not check a chain, a date or a name: the thumbprint is the proof, section 6.2.
 *
 * @param certificate DER, as the TLS layer gives it.
 * @throws {RefusedError} `certificate_missing`, `certificate_mismatch`
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-3
 */
export async function assertClientCertificate(
  certificate: Uint8Array | undefined,
  expectedThumbprint: string,
): Promise<void> {
  if (certificate === undefined || certificate.length === 0) {
    throw new RefusedError('certificate_missing')
  }

  const digest = await crypto.subtle.digest('SHA-256', new Uint8Array(certificate))
  if (!equalInConstantTime(encodeBase64url(new Uint8Array(digest)), expectedThumbprint)) {
    throw new RefusedError('certificate_mismatch')
  }
}
