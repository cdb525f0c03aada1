import type { BoundToken } from '../bound-models.js'
import type { KeyBindingErrorCode } from '../errors.js'
import { KeyBindingError } from '../errors.js'
import type { OidcAccessToken, OidcContext, OidcProvider } from '../oidc-provider.js'
import { exchangedTokenOf, type ExchangedToken } from './exchanged-token.js'
import type { ReadOwnJwt } from './own-jwt.js'

export interface ReadTokenOptions {
  readonly provider: OidcProvider
  readonly readOwnJwt: ReadOwnJwt
  readonly findAccount: (ctx: OidcContext, accountId: string, token: unknown) => unknown
  /** What a token that is none is refused with. */
  readonly refusal: KeyBindingErrorCode
}

/**
 * Reads an access token of this issuer, opaque or JWT, user's or client's.
 *
 * Checks: it is ours and valid, its client and its user are still there. Does not check: who sent it.
 *
 * @throws {@link KeyBindingError} `options.refusal`
 */
export async function readToken(
  ctx: OidcContext,
  value: string,
  { provider, readOwnJwt, findAccount, refusal }: ReadTokenOptions,
): Promise<ExchangedToken> {
  const isJwt = value.split('.').length === 3
  const claims = isJwt ? await readOwnJwt(value) : await claimsOfOpaque(provider, value)
  const token = claims === undefined ? undefined : exchangedTokenOf(claims)
  if (token === undefined) throw new KeyBindingError(refusal)

  const client = await provider.Client.find(token.clientId)
  // The sub of such a JWT is a pseudonym for one client: nobody can tell whose.
  const isPseudonym = isJwt && client?.subjectType === 'pairwise'
  if (client === undefined || isPseudonym) throw new KeyBindingError(refusal)

  const isThere = !token.isUser || (await findAccount(ctx, token.subject, undefined)) !== undefined
  if (!isThere) throw new KeyBindingError(refusal)
  return token
}

/** What a JWT of the same content would claim. */
async function claimsOfOpaque(provider: OidcProvider, value: string) {
  const token: (BoundToken & OidcAccessToken) | undefined =
    (await provider.AccessToken.find(value)) ?? (await provider.ClientCredentials.find(value))
  if (token === undefined) return undefined
  if (token.grantId !== undefined && (await provider.Grant.find(token.grantId)) === undefined) {
    return undefined
  }

  const { jkt, 'x5t#S256': x5t, tls_exp: tlsExp } = token
  const isBound = [jkt, x5t, tlsExp].some((member) => member !== undefined)
  return {
    ...token.extra,
    sub: token.accountId ?? token.clientId,
    client_id: token.clientId,
    aud: token.aud,
    exp: token.exp,
    scope: token.scope,
    ...(isBound
      ? {
          cnf: {
            ...(jkt === undefined ? {} : { jkt }),
            ...(x5t === undefined ? {} : { 'x5t#S256': x5t }),
            ...(tlsExp === undefined ? {} : { tls_exp: tlsExp }),
          },
        }
      : {}),
  }
}
