import { KeyBindingError } from '../errors.js'
import type { OidcConfiguration, OidcContext, OidcResourceServerInfo } from '../oidc-provider.js'
import type { ExchangePolicy } from './exchange-policy.js'
import type { ExchangeRequest } from './exchange-request.js'
import type { ExchangedToken } from './exchanged-token.js'
import { JWT_TYPE } from './token-types.js'

/** Where the issued token goes, and what it may do there. */
export interface ExchangeTarget {
  readonly resource: string
  readonly info: OidcResourceServerInfo
  readonly scope: string
}

export interface FindTargetOptions {
  readonly policy: ExchangePolicy
  readonly request: ExchangeRequest
  readonly subjectToken: ExchangedToken
  readonly configuration: OidcConfiguration
}

/**
 * The resource and the scopes of the token to issue: never more than the policy has for this client,
 * never a scope whose counterpart the subject token lacks.
 *
 * @throws {@link KeyBindingError} `target_not_permitted`, `requested_token_type_unsupported`,
 *   `scope_not_permitted`
 * @throws what the operator's `getResourceServerInfo` throws for a resource that it does not know.
 */
export async function findTarget(
  ctx: OidcContext,
  { policy, request, subjectToken, configuration }: FindTargetOptions,
): Promise<ExchangeTarget> {
  const { resource, scopes: asked } = request
  const needed = policy.scopesAt(resource)
  const { resourceIndicators } = configuration.features ?? {}
  const getInfo = resourceIndicators?.['getResourceServerInfo'] as GetResourceServerInfo | undefined
  if (needed === undefined || getInfo === undefined) {
    throw new KeyBindingError('target_not_permitted')
  }
  const info = await getInfo(ctx, resource, ctx.oidc?.client)
  if (request.issuedTokenType === JWT_TYPE && info.accessTokenFormat !== 'jwt') {
    throw new KeyBindingError('requested_token_type_unsupported')
  }
  const known = info.scope.split(' ')
  const allowed = [...needed]
    .filter(([scope, source]) => known.includes(scope) && subjectToken.scopes.includes(source))
    .map(([scope]) => scope)

  const granted = asked === undefined ? allowed : [...new Set(asked)]
  if (granted.length === 0 || !granted.every((scope) => allowed.includes(scope))) {
    throw new KeyBindingError('scope_not_permitted')
  }
  return { resource, info, scope: granted.join(' ') }
}

type GetResourceServerInfo = (
  ctx: OidcContext,
  resource: string,
  client: unknown,
) => Promise<OidcResourceServerInfo> | OidcResourceServerInfo
