import { createHash, X509Certificate } from 'node:crypto'
import {
  parseProof,
  parseProofAlgorithm,
  ProofError,
  verifyParsedProof,
  DPOP_HEADER,
  type Clock,
  type JsonObject,
  type ReplayStore,
} from '@tmb-kit/core'
import type { Confirmation } from '../confirmation.js'
import type { OidcConfiguration, OidcContext } from '../oidc-provider.js'

/** What the sender of an exchange has proved to hold, on this very request. */
export interface Possession {
  readonly keys: Confirmation
  /** Whether the proof named the subject token, RFC 9449 section 4.2 `ath`. */
  readonly namesSubjectToken: boolean
  /** Why a `DPoP` header proved nothing; with `tmb` that is not looked at (AS-07). */
  readonly failure: ProofError | undefined
}

export interface ProvePossessionOptions {
  readonly subjectToken: string
  readonly tokenEndpoint: string
  readonly configuration: OidcConfiguration
  readonly replayStore: ReplayStore
  readonly clock: Clock
}

const DEFAULT_ALGORITHMS: readonly unknown[] = ['ES256', 'Ed25519']

/**
 * Verifies the `DPoP` header and takes the client certificate of a token exchange.
 *
 * oidc-provider's own look at the header has no `ath` of a subject token in it. Its nonces are not
 * asked for here: a proof is at most a minute old, and counts once.
 */
export async function provePossession(
  ctx: OidcContext,
  options: ProvePossessionOptions,
): Promise<Possession> {
  const certificate = thumbprintOf(certificateOf(ctx, options.configuration))
  const x5t = certificate === undefined ? {} : { 'x5t#S256': certificate }
  const proof = ctx.req.headers[DPOP_HEADER.toLowerCase()]
  const isOn = options.configuration.features?.['dPoP']?.enabled !== false
  if (proof === undefined || !isOn) {
    return { keys: x5t, namesSubjectToken: false, failure: undefined }
  }
  try {
    const { jkt, namesSubjectToken } = await verify(proof, options)
    return { keys: { jkt, ...x5t }, namesSubjectToken, failure: undefined }
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return { keys: x5t, namesSubjectToken: false, failure: error }
  }
}

/** Whether all that a token is bound to was proved. What nobody can prove here was not. */
export function isHolder(
  cnf: JsonObject,
  { keys, namesSubjectToken, failure }: Possession,
): boolean {
  const members = Object.entries(cnf)
  const proved: Readonly<Record<string, unknown>> = { ...keys }
  return (
    failure === undefined &&
    members.length > 0 &&
    members.every(([member, value]) => value !== undefined && proved[member] === value) &&
    (!('jkt' in cnf) || namesSubjectToken)
  )
}

async function verify(value: unknown, options: ProvePossessionOptions) {
  const { configuration, subjectToken: accessToken, tokenEndpoint, replayStore, clock } = options
  const { enabledJWA } = configuration as { readonly enabledJWA?: JsonObject }
  const listed = enabledJWA?.['dPoPSigningAlgValues']
  const names: readonly unknown[] = Array.isArray(listed) ? listed : DEFAULT_ALGORITHMS
  const algorithms = names.map(parseProofAlgorithm).filter((known) => known !== undefined)

  const proof = parseProof(value, algorithms)
  const namesSubjectToken = proof.claims.ath !== undefined
  const verified = await verifyParsedProof(proof, {
    htm: 'POST',
    htu: tokenEndpoint,
    ...(namesSubjectToken ? { accessToken } : {}),
    replayStore,
    clock,
  })
  return { jkt: verified.jkt, namesSubjectToken }
}

function certificateOf(
  ctx: OidcContext,
  { features }: OidcConfiguration,
): X509Certificate | string | undefined {
  const mTls = features?.['mTLS']
  const getCertificate = mTls?.['getCertificate'] as GetCertificate | undefined
  return mTls?.enabled === true ? getCertificate?.(ctx) : undefined
}

/** As oidc-provider has it: of the TLS layer, or of a header of the operator's own proxy. */
type GetCertificate = (ctx: OidcContext) => X509Certificate | string | undefined

function thumbprintOf(
  certificate: X509Certificate | string | undefined,
): Confirmation['x5t#S256'] | undefined {
  if (certificate === undefined) return undefined
  const { raw } =
    certificate instanceof X509Certificate ? certificate : new X509Certificate(certificate)
  const thumbprint = createHash('sha256').update(raw).digest('base64url')
  return thumbprint as NonNullable<Confirmation['x5t#S256']>
}
