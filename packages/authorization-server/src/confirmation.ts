import { parseBase64url, parseJkt, type Branded, type Jkt, type JsonObject } from '@tmb-kit/core'
import { KeyBindingError } from './errors.js'

/** base64url SHA-256 thumbprint of a certificate, RFC 8705 section 3.1. */
export type CertificateThumbprint = Branded<'CertificateThumbprint'>

/** draft-mw-oauth-tls-session-bound-tokens section 2.4: the one exporter label there is. */
const TLS_EXPORTER_LABEL = 'EXPORTER-oauth-tls-session-bound'

/** RFC 7800 section 3.1: whose the token is. At least one member; all that are there must hold. */
export interface Confirmation {
  /** RFC 9449 section 6.1. */
  readonly jkt?: Jkt
  /** RFC 8705 section 3.1. */
  readonly 'x5t#S256'?: CertificateThumbprint
  /** Only beside `x5t#S256`, whose key signs the session's proof. */
  readonly tls_exp?: typeof TLS_EXPORTER_LABEL
}

/** The name of a member is the name of its confirmation method. */
export type ConfirmationMethod = keyof Confirmation

/** In the order in which metadata lists them. */
export const CONFIRMATION_METHODS: readonly ConfirmationMethod[] = ['jkt', 'x5t#S256', 'tls_exp']

/**
 * Reads a `cnf` from outside. Thumbprints only: a whole key (`jwk`) could smuggle private members,
 * and a reference (`jku`) would have to be fetched.
 *
 * @param supported A member that is not among these is refused, never left out.
 * @throws {@link KeyBindingError} `tmb_member_unknown`, `tmb_member_invalid`, `tmb_malformed` when
 *   there is no member.
 */
export function parseConfirmation(
  value: JsonObject,
  supported: readonly ConfirmationMethod[],
): Confirmation {
  const members = Object.keys(value)
  if (members.length === 0) throw new KeyBindingError('tmb_malformed')
  if (!members.every((member) => (supported as readonly string[]).includes(member))) {
    throw new KeyBindingError('tmb_member_unknown')
  }

  const jkt = parseJkt(value['jkt'])
  const x5t = parseCertificateThumbprint(value['x5t#S256'])
  const tlsExp = value['tls_exp'] === TLS_EXPORTER_LABEL ? TLS_EXPORTER_LABEL : undefined
  const confirmation: Confirmation = {
    ...(jkt === undefined ? {} : { jkt }),
    ...(x5t === undefined ? {} : { 'x5t#S256': x5t }),
    ...(tlsExp === undefined || x5t === undefined ? {} : { tls_exp: tlsExp }),
  }
  if (methodsOf(confirmation).length !== members.length) {
    throw new KeyBindingError('tmb_member_invalid')
  }
  return confirmation
}

/**
 * The same, bound to the TLS session of that certificate, too.
 *
 * @throws {@link KeyBindingError} `session_binding_missing`: without a certificate there is nothing that
 *   could sign for the session.
 */
export function withSession(confirmation: Confirmation): Confirmation {
  return { ...confirmation, tls_exp: sessionOf(confirmation) }
}

/** @throws {@link KeyBindingError} `session_binding_missing` */
export function sessionOf({
  'x5t#S256': x5t,
}: {
  readonly 'x5t#S256'?: string | undefined
}): typeof TLS_EXPORTER_LABEL {
  if (x5t === undefined) throw new KeyBindingError('session_binding_missing')
  return TLS_EXPORTER_LABEL
}

/** The members that are there. */
export function methodsOf(confirmation: Confirmation): readonly ConfirmationMethod[] {
  return CONFIRMATION_METHODS.filter((method) => confirmation[method] !== undefined)
}

/** Whether both name the same members with the same values. */
export function equalConfirmations(left: Confirmation, right: Confirmation): boolean {
  return CONFIRMATION_METHODS.every((method) => left[method] === right[method])
}

function parseCertificateThumbprint(value: unknown): CertificateThumbprint | undefined {
  const isThumbprint = typeof value === 'string' && parseBase64url(value)?.length === 32
  return isThumbprint ? (value as CertificateThumbprint) : undefined
}
