import {
  CONFIRMATION_CLAIM,
  isJsonObject,
  parseJkt,
  TLS_EXPORTER_LABEL,
  type Jkt,
  type JsonObject,
} from '@tmb-kit/core'
import { RefusedError } from './refusal.js'

/** The members of `cnf` that this kit understands. */
export type ConfirmationMethod = 'jkt' | 'x5t#S256' | 'tls_exp'

/** The confirmation of a token, reduced to the members that were enforced. */
export interface Confirmation {
  /** RFC 9449 section 6.1: the thumbprint of the proof key. */
  readonly jkt?: Jkt
  /** RFC 8705 section 3.1: the thumbprint of the client certificate. */
  readonly 'x5t#S256'?: string
  /** The exporter label of the TLS session that the token must come on. Never without a certificate. */
  readonly tls_exp?: string
}

export interface ConfirmationPolicy {
  readonly enforce: readonly ConfirmationMethod[]
  readonly strictConfirmation: boolean
}

const UNDERSTOOD: readonly string[] = ['jkt', 'x5t#S256', 'tls_exp']

/**
 * Reads `cnf` as a set of conditions that must all hold.
 *
 * Does not check that any of them holds. A `cnf` with nothing in it that is understood, or enforced,
 * is refused: whoever bound the token meant something by it.
 *
 * @returns `undefined` for a token without `cnf`; else the members to enforce.
 * @throws {RefusedError} `confirmation_malformed`, `confirmation_unknown`,
 *   `confirmation_not_enforced`, `session_label_unknown`
 * @see https://www.rfc-editor.org/rfc/rfc7800#section-3.1
 */
export function parseConfirmation(
  claims: JsonObject,
  { enforce, strictConfirmation }: ConfirmationPolicy,
): Confirmation | undefined {
  const cnf = claims[CONFIRMATION_CLAIM]
  if (cnf === undefined) return undefined
  if (!isJsonObject(cnf)) throw new RefusedError('confirmation_malformed')

  const members = Object.keys(cnf)
  const understood = members.filter((member) => UNDERSTOOD.includes(member))
  if (understood.length === 0) throw new RefusedError('confirmation_unknown')
  if (strictConfirmation && understood.length < members.length) {
    throw new RefusedError('confirmation_unknown')
  }
  const { jkt, thumbprint, exporterLabel } = parseMembers(cnf)
  // A token that is bound to a TLS session is so on every presentation, whatever the policy names.
  const enforced: readonly string[] = exporterLabel === undefined ? enforce : UNDERSTOOD
  if (!understood.some((member) => enforced.includes(member))) {
    throw new RefusedError('confirmation_not_enforced')
  }
  return {
    // A proof under the DPoP scheme is verified whatever the policy names, so its key must fit.
    ...(jkt !== undefined && { jkt }),
    ...(thumbprint !== undefined && enforced.includes('x5t#S256') && { 'x5t#S256': thumbprint }),
    ...(exporterLabel !== undefined && { tls_exp: exporterLabel }),
  }
}

function parseMembers(cnf: JsonObject) {
  const jkt = parseJkt(cnf['jkt'])
  if (Object.hasOwn(cnf, 'jkt') && jkt === undefined) {
    throw new RefusedError('confirmation_malformed')
  }
  // A certificate's thumbprint has the same form as a key's: SHA-256 in canonical base64url.
  const thumbprint: string | undefined = parseJkt(cnf['x5t#S256'])
  if (Object.hasOwn(cnf, 'x5t#S256') && thumbprint === undefined) {
    throw new RefusedError('confirmation_malformed')
  }
  return { jkt, thumbprint, exporterLabel: parseExporterLabel(cnf, thumbprint) }
}

/** The draft, section 2.4: `tls_exp` is the label itself, and comes with the certificate. */
function parseExporterLabel(cnf: JsonObject, thumbprint: string | undefined): string | undefined {
  const label = cnf['tls_exp']
  if (label === undefined) return undefined
  if (typeof label !== 'string') throw new RefusedError('confirmation_malformed')
  if (label !== TLS_EXPORTER_LABEL) throw new RefusedError('session_label_unknown')
  if (thumbprint === undefined) throw new RefusedError('confirmation_malformed')

  return label
}
