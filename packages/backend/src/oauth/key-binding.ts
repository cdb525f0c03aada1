import {
  CONFIRMATION_CLAIM,
  DPOP_HEADER,
  DPOP_SCHEME,
  equalInConstantTime,
  isJsonObject,
  parseBase64urlText,
  parseJsonObject,
  parseProofAlgorithm,
  TMB_PARAMETER,
  type Jkt,
  type JsonObject,
  type ProofAlgorithm,
} from '@tmb-kit/core'
import type { UnboundReason } from '../events.js'

/** How the authorization server is asked for a token that is bound to the browser's key. */
export type BindingMode = 'handoff' | 'tmb'

export const BINDING_MODES: readonly BindingMode[] = ['tmb', 'handoff']

/**
 * The mode that the metadata allows. Nothing is tried out: a trial would mint a bearer token.
 *
 * @returns `undefined` when the authorization server offers no way to bind.
 */
export function chooseMode(metadata: JsonObject): BindingMode | undefined {
  const { tmb_supported: supported, tmb_confirmation_methods_supported: methods } = metadata
  const bindsToJkt = !Array.isArray(methods) || methods.includes('jkt')
  if (supported === true && bindsToJkt) return 'tmb'
  return proofAlgorithmsOf(metadata).length > 0 ? 'handoff' : undefined
}

/** RFC 9449 section 5.1: the proofs that both the authorization server and we can verify. */
export function proofAlgorithmsOf(metadata: JsonObject): readonly ProofAlgorithm[] {
  const { dpop_signing_alg_values_supported: offered } = metadata
  if (!Array.isArray(offered)) return []
  return offered.map(parseProofAlgorithm).filter((algorithm) => algorithm !== undefined)
}

/** What binds the code to the key before there is one, RFC 9449 section 10. */
export function codeBindingParameters(
  mode: BindingMode,
  jkt: Jkt,
): Readonly<Record<string, string>> {
  return mode === 'handoff' ? { dpop_jkt: jkt } : {}
}

/** What a token request carries so that its token is bound. */
export interface BindingRequest {
  readonly parameters: Readonly<Record<string, string>>
  readonly headers: Readonly<Record<string, string>>
}

/**
 * How to ask for a token bound to `jkt`. Mode `tmb`: one JSON object, form-encoded once by whoever
 * sends the form, and no proof. Mode `handoff`: the page's own proof, as the one `DPoP` header.
 *
 * @see https://datatracker.ietf.org/doc/html/draft-richer-oauth-tmb-claim-01#section-3
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-5
 */
export function askForBinding(jkt: Jkt, proof: string | undefined): BindingRequest {
  if (proof !== undefined) return { parameters: {}, headers: { [DPOP_HEADER]: proof } }
  return { parameters: { [TMB_PARAMETER]: JSON.stringify({ jkt }) }, headers: {} }
}

/** What a token answer says of the binding. */
export interface BindingEvidence {
  readonly tokenType: string
  readonly accessToken: string
  /** The answer itself: its `cnf` counts where there is one. */
  readonly answer: JsonObject
}

/**
 * Whether an answer's token is bound to `jkt`.
 *
 * Does not verify the token's signature: it came from the authorization server over TLS.
 * Checks: `token_type` is DPoP; a `cnf` in the answer, and the `cnf` of a JWT token, hold the jkt. A
 * JWT without `cnf` is not bound, whatever `token_type` says.
 *
 * @returns `undefined` when it is bound, else what is missing.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-5
 */
export function findMissingBinding(
  { tokenType, accessToken, answer }: BindingEvidence,
  jkt: Jkt,
): UnboundReason | undefined {
  if (tokenType.toLowerCase() !== DPOP_SCHEME.toLowerCase()) return 'token_type'
  if (Object.hasOwn(answer, CONFIRMATION_CLAIM) && !isBoundTo(answer[CONFIRMATION_CLAIM], jkt)) {
    return 'answer_cnf'
  }

  const segments = accessToken.split('.')
  if (!isJwt(segments)) return undefined
  const claims = parseJsonObject(parseBase64urlText(segments[1] ?? '') ?? '', { maxDepth: 32 })
  return isBoundTo(claims?.[CONFIRMATION_CLAIM], jkt) ? undefined : 'token_cnf'
}

function isBoundTo(confirmation: unknown, jkt: Jkt): boolean {
  if (!isJsonObject(confirmation)) return false

  const { jkt: confirmed } = confirmation
  return typeof confirmed === 'string' && equalInConstantTime(confirmed, jkt)
}

/** Three parts and a header that some parser could read: a lenient one may serve the API. */
function isJwt(segments: readonly string[]): boolean {
  if (segments.length !== 3) return false

  try {
    const base64 = (segments[0] ?? '').replaceAll('-', '+').replaceAll('_', '/')
    return isJsonObject(JSON.parse(atob(base64)))
  } catch {
    // Not a JWS header in any spelling: the token is opaque.
    return false
  }
}
