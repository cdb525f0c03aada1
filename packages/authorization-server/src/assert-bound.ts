import type { BoundToken } from './bound-models.js'
import type { Confirmation } from './confirmation.js'
import type { OidcContext } from './oidc-provider.js'

/**
 * The last look before an answer leaves: should a part of oidc-provider have moved, the request fails,
 * and no bearer token goes out in place of a bound one.
 */
export function assertBound(
  { oidc }: OidcContext,
  cnf: Confirmation | undefined,
): asserts cnf is Confirmation {
  const token: BoundToken | undefined =
    oidc?.entities.AccessToken ?? oidc?.entities.ClientCredentials
  const isBound =
    cnf !== undefined &&
    token !== undefined &&
    token.jkt === cnf.jkt &&
    token['x5t#S256'] === cnf['x5t#S256'] &&
    token.tls_exp === cnf.tls_exp
  if (!isBound)
    throw new TypeError('oidc-provider did not take the binding: is its version 9.13.3?')
}
