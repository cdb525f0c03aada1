import { withSession, type Confirmation } from '../confirmation.js'
import { KeyBindingError } from '../errors.js'
import type { KeyBindingClient } from '../client-metadata.js'
import type { ExchangedToken } from './exchanged-token.js'
import type { Possession } from './possession.js'

export interface ExchangeBindingOptions {
  /** What `tmb` asks for. */
  readonly asked: Confirmation | undefined
  readonly client: KeyBindingClient
  readonly possession: Possession
  readonly actorToken: ExchangedToken | undefined
}

/**
 * How the issued token is bound: by `tmb`, else as any token of this client is, by the key of its proof
 * or by its certificate. A bound token never becomes an unbound one, and what comes of a
 * session-bound subject or actor token is session-bound, too: `tmb` that does not ask for the session is
 * refused, since what a client asks for is never changed, and a certificate gets `tls_exp` beside it.
 *
 * @returns `undefined`: it is a bearer token, as the subject token was.
 * @throws {@link KeyBindingError} `exchange_proof_invalid`, `exchange_binding_missing`,
 *   `session_binding_missing`
 * @see draft-mw-oauth-tls-session-bound-tokens section 3.2
 */
export function exchangeBindingOf(
  subjectToken: ExchangedToken,
  { asked, client, possession, actorToken }: ExchangeBindingOptions,
): Confirmation | undefined {
  const inherits = [subjectToken, actorToken].some((token) => token?.cnf?.['tls_exp'] !== undefined)
  if (asked !== undefined) {
    if (!inherits || asked.tls_exp !== undefined) return asked
    throw new KeyBindingError('session_binding_missing')
  }
  const cnf = bindingWithoutTmb(subjectToken, { client, possession })
  const isSessionBound = inherits || client.tls_session_bound_access_tokens === true
  return isSessionBound ? withSession(cnf ?? {}) : cnf
}

function bindingWithoutTmb(
  subjectToken: ExchangedToken,
  { client, possession }: Pick<ExchangeBindingOptions, 'client' | 'possession'>,
): Confirmation | undefined {
  if (possession.failure !== undefined) throw new KeyBindingError('exchange_proof_invalid')

  const { jkt, 'x5t#S256': x5t } = possession.keys
  if (jkt !== undefined) return { jkt }
  const { dpopBoundAccessTokens, tlsClientCertificateBoundAccessTokens } = client
  if (dpopBoundAccessTokens !== true) {
    if (x5t !== undefined && tlsClientCertificateBoundAccessTokens === true) {
      return { 'x5t#S256': x5t }
    }
    const mayBeUnbound = tlsClientCertificateBoundAccessTokens !== true
    if (subjectToken.cnf === undefined && mayBeUnbound) return undefined
  }
  throw new KeyBindingError('exchange_binding_missing')
}
