import { signRawJws, type Segment } from '@tmb-kit/testkit'
import { createHash } from 'node:crypto'
import type { TestCertificate } from './certificates.js'

export const LABEL = 'EXPORTER-oauth-tls-session-bound'

/** What to change in a valid session-binding proof; `undefined` takes a member out. */
export interface SessionProofChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  readonly rawHeader?: Segment
  readonly rawClaims?: Segment
  readonly signWith?: CryptoKey
}

/** Signs a proof that is valid for a token on a connection, but for the changes. */
export async function writeSessionProof(
  certificate: Pick<TestCertificate, 'thumbprint' | 'privateKey'>,
  {
    accessToken,
    ekm,
    iat,
  }: { readonly accessToken: string; readonly ekm: Uint8Array; readonly iat: number },
  changes: SessionProofChanges = {},
): Promise<string> {
  const header = {
    typ: 'tls-binding-proof+jwt',
    alg: algorithmOf(certificate.privateKey),
    'x5t#S256': certificate.thumbprint,
    ...changes.header,
  }
  const claims = {
    ath: createHash('sha256').update(accessToken).digest('base64url'),
    ekm: Buffer.from(ekm).toString('base64url'),
    iat,
    ...changes.claims,
  }
  return signRawJws(
    changes.rawHeader ?? header,
    changes.rawClaims ?? claims,
    changes.signWith ?? certificate.privateKey,
  )
}

function algorithmOf({ algorithm }: CryptoKey): string {
  if (algorithm.name !== 'ECDSA') return 'RS256'
  return (algorithm as EcKeyAlgorithm).namedCurve === 'P-384' ? 'ES384' : 'ES256'
}
