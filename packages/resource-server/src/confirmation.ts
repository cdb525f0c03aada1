import {
  CONFIRMATION_CLAIM,
  isJsonObject,
  parseJkt,
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
 *   `confirmation_not_enforced`, `session_binding_unsupported`
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
  const { jkt, thumbprint } = parseMembers(cnf)
  if (!understood.some((member) => (enforce as readonly string[]).includes(member))) {
    throw new RefusedError('confirmation_not_enforced')
  }
  return {
    // A proof under the DPoP scheme is verified whatever the policy names, so its key must fit.
    ...(jkt !== undefined && { jkt }),
    ...(thumbprint !== undefined && enforce.includes('x5t#S256') && { 'x5t#S256': thumbprint }),
  }
}

function parseMembers(cnf: JsonObject) {
  if (Object.hasOwn(cnf, 'tls_exp')) throw new RefusedError('session_binding_unsupported')

  const jkt = parseJkt(cnf['jkt'])
  if (Object.hasOwn(cnf, 'jkt') && jkt === undefined) {
    throw new RefusedError('confirmation_malformed')
  }
  // A certificate's thumbprint has the same form as a key's: SHA-256 in canonical base64url.
  const thumbprint: string | undefined = parseJkt(cnf['x5t#S256'])
  if (Object.hasOwn(cnf, 'x5t#S256') && thumbprint === undefined) {
    throw new RefusedError('confirmation_malformed')
  }
  return { jkt, thumbprint }
}
