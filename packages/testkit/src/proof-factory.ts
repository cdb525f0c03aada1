import { computeTokenHash } from '@tmb-kit/core'
import { signRawJws, type Segment } from './raw-jws.js'

/** Members to change in a valid proof; `undefined` takes one out. */
export interface ProofChanges {
  readonly header?: Readonly<Record<string, unknown>>
  readonly claims?: Readonly<Record<string, unknown>>
  /** The whole segment, as JSON text, where an object could not say it. */
  readonly rawHeader?: string
  readonly rawClaims?: string
  /** Signs in place of the right key. */
  readonly signWith?: CryptoKey
}

export interface ProofFactoryOptions {
  readonly proofKey: CryptoKeyPair
  readonly htm: string
  readonly htu: string
  readonly accessToken?: string
  readonly clock: () => number
}

/** Makes a valid proof, and the same proof with one thing wrong. */
export interface ProofFactory {
  valid(): Promise<string>
  with(changes: ProofChanges): Promise<string>
}

export async function createProofFactory(options: ProofFactoryOptions): Promise<ProofFactory> {
  const { proofKey, htm, htu, accessToken, clock } = options
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', proofKey.publicKey)
  const ath = accessToken === undefined ? undefined : await computeTokenHash(accessToken)
  const alg = crv === 'P-256' ? 'ES256' : 'Ed25519'
  let count = 0

  const make = async (changes: ProofChanges): Promise<string> => {
    count += 1
    const jti = `${crypto.randomUUID()}-${count}`
    const jwk = { kty, crv, x, y }
    const header: Segment = changes.rawHeader ?? { typ: 'dpop+jwt', alg, jwk, ...changes.header }
    const claims: Segment = changes.rawClaims ?? {
      jti,
      htm,
      htu,
      iat: clock(),
      ath,
      ...changes.claims,
    }
    return signRawJws(header, claims, changes.signWith ?? proofKey.privateKey)
  }
  return { valid: async () => make({}), with: make }
}
