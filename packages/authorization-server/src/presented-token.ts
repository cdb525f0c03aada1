import type { BoundToken } from './bound-models.js'
import type { OidcConfiguration, OidcContext } from './oidc-provider.js'

export interface PresentedTokenOptions {
  /** The request that is being answered, if any. */
  readonly ctx: OidcContext | undefined
  readonly configuration: OidcConfiguration
}

const RESOURCES = ['userinfo', 'credential']

/**
 * Whether a token is presented at a resource of the authorization server itself by somebody whose
 * possession it cannot verify: oidc-provider verifies proofs and, where it was told how, certificates;
 * of TLS sessions it knows nothing.
 */
export function isUnprovable(
  token: BoundToken,
  { ctx, configuration: { features } }: PresentedTokenOptions,
): boolean {
  if (!RESOURCES.includes(ctx?.oidc?.route ?? '')) return false
  if (token.tls_exp !== undefined) return true
  return token['x5t#S256'] !== undefined && features?.['mTLS']?.enabled !== true
}
