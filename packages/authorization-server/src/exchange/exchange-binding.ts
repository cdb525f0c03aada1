import type { Confirmation } from '../confirmation.js'
import { KeyBindingError } from '../errors.js'
import type { KeyBindingClient } from '../client-metadata.js'
import type { ExchangedToken } from './exchanged-token.js'
import type { Possession } from './possession.js'

export interface ExchangeBindingOptions {
  /** What `tmb` asks for. */
  readonly asked: Confirmation | undefined
  readonly client: KeyBindingClient
  readonly possession: Possession
}

/**
 * How the issued token is bound: by `tmb`, else as any token of this client is, by the key of its proof
 * or by its certificate. A bound token never becomes an unbound one.
 *
 * @returns `undefined`: it is a bearer token, as the subject token was.
 * @throws {@link KeyBindingError} `exchange_proof_invalid`, `exchange_binding_missing`
 */
export function exchangeBindingOf(
  subjectToken: ExchangedToken,
  { asked, client, possession }: ExchangeBindingOptions,
): Confirmation | undefined {
  if (asked !== undefined) return asked
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
