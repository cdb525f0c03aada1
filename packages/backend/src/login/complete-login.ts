import type { BackendContext } from '../backend-context.js'
import { CLOCK_SKEW_SECONDS, verifyIdToken, type IdTokenClaims } from '../oauth/id-token.js'
import { revokeTokens } from '../oauth/revocation.js'
import type { TokenAnswer } from '../oauth/token-answer.js'
import { requestToken } from '../oauth/token-request.js'
import { AuthorizationServerError } from '../oauth/authorization-server-error.js'
import type { NewSession, SessionCookie } from '../session/sessions.js'
import { parseScope } from '../token/scope.js'
import { configuredScopes, nameOf, resourceScopesOf } from '../token/token-target.js'
import type { Transaction } from '../transaction/transaction.js'

/** A login that failed for a reason with a word of its own. */
export class LoginError extends Error {
  override readonly name: string = 'LoginError'
  readonly code: 'as_error' | 'binding_not_applied' | 'reauthentication_not_proven'

  constructor(code: LoginError['code']) {
    super(code)
    this.code = code
  }
}

/** What a login came back with. */
export interface LoginAnswer {
  readonly code: string
  readonly transaction: Transaction
  /** Mode `handoff`: the page's proof for the token endpoint, which was checked. */
  readonly proof: string | undefined
}

/**
 * Redeems the code and begins the session.
 *
 * Step 3 of docs/flow.md.
 *
 * Checks: the binding, the ID token, and that the user was asked where that was demanded. On any
 * failure the tokens are revoked and nothing is stored.
 *
 * @throws {LoginError} `binding_not_applied`, `reauthentication_not_proven`, `as_error`
 * @throws {AuthorizationServerError}
 */
export async function completeLogin(
  { code, transaction, proof }: LoginAnswer,
  context: BackendContext,
): Promise<SessionCookie> {
  const { settings } = context
  const { jkt, codeVerifier, resource } = transaction
  const parameters = {
    code,
    redirect_uri: settings.redirectUri,
    code_verifier: codeVerifier,
    resource,
  }
  const grantType = 'authorization_code'
  const judged = await requestToken({ grantType, parameters, jkt, proof }, context)
  const { accessToken, refreshToken } = judged.kind === 'bound' ? judged.token : judged
  try {
    if (judged.kind === 'unusable') throw new LoginError(judged.error)

    const { token } = judged
    const idToken = await assertIdToken(token, transaction, context)
    return await beginSession(token, { transaction, idToken }, context)
  } catch (error) {
    await revokeTokens({ access_token: accessToken, refresh_token: refreshToken }, context)
    throw error
  }
}

async function assertIdToken(
  { idToken }: TokenAnswer,
  transaction: Transaction,
  { settings, server }: BackendContext,
): Promise<IdTokenClaims> {
  if (idToken === undefined) throw new AuthorizationServerError('response_invalid')

  const { clientId, clock } = settings
  const { keySet } = server
  const { nonce } = transaction
  const metadata = await server.metadata()
  const claims = await verifyIdToken(idToken, { server: metadata, keySet, clientId, nonce, clock })
  assertAuthentication(claims, transaction)
  return claims
}

/**
 * The user was asked when the transaction demanded it, OpenID Connect Core 1.0 section 3.1.2.1.
 *
 * Without `auth_time` it is believed only where the page cannot have altered the request. A missing
 * `acr` is left to the resource server, which sees the token's own.
 */
function assertAuthentication({ authTime, acr }: IdTokenClaims, transaction: Transaction): void {
  const { startedAt, maxAgeSeconds, isPushed, acrValues } = transaction
  const isProven =
    maxAgeSeconds === undefined ||
    (authTime === undefined ? isPushed : authTime >= startedAt - maxAgeSeconds - CLOCK_SKEW_SECONDS)
  const hasContext =
    acrValues === undefined || acr === undefined || parseScope(acrValues).includes(acr)
  if (!isProven || !hasContext) throw new LoginError('reauthentication_not_proven')
}

async function beginSession(
  token: TokenAnswer,
  login: { readonly transaction: Transaction; readonly idToken: IdTokenClaims },
  context: BackendContext,
): Promise<SessionCookie> {
  const { settings, sessions } = context
  const { transaction, idToken } = login
  const { jkt, resource, previousSession } = transaction
  const now = settings.clock()
  const session: NewSession = {
    version: 1,
    jkt,
    subject: idToken.subject,
    sid: idToken.sid,
    claims: Object.fromEntries(
      settings.claims
        .filter((name) => Object.hasOwn(idToken.claims, name))
        .map((name) => [name, idToken.claims[name]]),
    ),
    scope: grantedScope(token, transaction, context),
    refreshToken: token.refreshToken,
    createdAt: now,
    usedAt: now,
  }
  const scope = token.scope ?? transaction.scope
  const target = { resource, scope: resourceScopesOf(scope) }
  const expiresAt = now + token.lifetimeSeconds
  const accessToken = { accessToken: token.accessToken, jkt, resource, scope, expiresAt }
  const { id, cookie } = await sessions.begin(session, { name: nameOf(target), accessToken })
  // Its refresh token is not revoked: some servers keep one grant for both, and would end it.
  if (previousSession !== undefined) await sessions.endNoted(previousSession, 'new_login')

  const { subject } = session
  settings.onEvent({ type: 'session_started', session: id, subject, jkt })
  return cookie
}

/**
 * What the user granted. The answer lists the scopes of one resource's token: only of that resource
 * can it be seen what is missing.
 */
function grantedScope(
  { scope }: TokenAnswer,
  { scope: askedScope, resource }: Transaction,
  { settings }: BackendContext,
): string {
  if (scope === undefined) return askedScope

  const answered = parseScope(scope)
  const judged = configuredScopes(resource, settings)
  return parseScope(askedScope)
    .filter((name) => answered.includes(name) || !judged.includes(name))
    .join(' ')
}
