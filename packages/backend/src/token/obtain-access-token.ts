import type { BackendContext } from '../backend-context.js'
import { RefusalError } from '../errors.js'
import { AuthorizationServerError } from '../oauth/authorization-server-error.js'
import { CALL_DEADLINE_SECONDS } from '../oauth/guarded-fetch.js'
import { revokeTokens } from '../oauth/revocation.js'
import { requestToken } from '../oauth/token-request.js'
import type { Session } from '../session/session.js'
import type { GrantEnded, Minted, OpenSession, SessionCookie } from '../session/sessions.js'
import { withinSeconds } from '../within-seconds.js'
import { isFresh, type AccessToken } from './access-token.js'
import { parseScope } from './scope.js'
import { assertTokenEndpointProof } from './token-endpoint-proof.js'
import { toTokenRefusal } from './token-error.js'
import { LOGIN_SCOPES, nameOf, type TokenTarget } from './token-target.js'

export interface ObtainedToken {
  readonly accessToken: AccessToken
  /** What the session cookie must hold from now on, where that changed. */
  readonly cookie: SessionCookie | undefined
}

/** What the page asks for. */
export interface AccessTokenRequest {
  readonly target: TokenTarget
  /** Skips what is remembered. */
  readonly refresh: boolean
  /** Mode `handoff`: the page's proof for the token endpoint. Not checked yet. */
  readonly proof: string | undefined
}

/**
 * Gets an access token for exactly this resource and scope: a remembered one, or a new one by one
 * refresh for all who ask at the same time.
 *
 * @throws {RefusalError} `login_required`, `no_session`, `binding_not_applied`, `invalid_scope`,
 *   `invalid_target`, `as_unavailable`
 * @throws {AuthorizationServerError}
 */
export async function obtainAccessToken(
  open: OpenSession,
  request: AccessTokenRequest,
  context: BackendContext,
): Promise<ObtainedToken> {
  const { target, refresh } = request
  const { session, cookie, isHalfIdle } = open
  const name = nameOf(target)
  const remembered = open.findAccessToken(name)
  if (remembered !== undefined) {
    const { accessToken, isNews } = remembered
    const isGood = isFresh(accessToken, context.settings.clock()) && !isWider(accessToken, target)
    // A use past half of the idle time is noted by refreshing: only that writes the session anew.
    const isToBeNoted = isHalfIdle && session.refreshToken !== undefined
    const isWanted = (!refresh || isNews) && !isToBeNoted
    if (isGood && isWanted) return { accessToken, cookie }
  }
  if (session.refreshToken === undefined) throw new RefusalError('login_required')

  const { mode } = await context.server.metadata()
  const proof =
    mode === 'tmb' ? undefined : await assertTokenEndpointProof(request.proof, session.jkt, context)
  const refreshing = open.refresh(name, {
    mint: async (newest) => mint(newest, { target, proof }, context).catch(asGrantEnded),
    discard: async ({ outcome, refreshToken }) => {
      const accessToken = outcome.kind === 'bound' ? outcome.accessToken.accessToken : undefined
      await revokeTokens({ access_token: accessToken, refresh_token: refreshToken }, context)
    },
  })
  const refreshed = await withinSeconds(CALL_DEADLINE_SECONDS, refreshing).catch(
    async (error: unknown) => {
      throw await toTokenRefusal(error, context)
    },
  )
  if (refreshed === undefined) throw new AuthorizationServerError('unavailable')
  if (refreshed.kind === 'ended') throw new RefusalError('no_session')
  if (refreshed.kind === 'grant_ended') throw new GrantEndedError('login_required')

  const { outcome, cookie: newCookie } = refreshed
  if (outcome.kind === 'unusable') throw new UnusableAnswerError(outcome.error, newCookie)
  return { accessToken: outcome.accessToken, cookie: newCookie }
}

/** The refresh brought no token that could be used, but may have rotated the refresh token. */
export class UnusableAnswerError extends RefusalError {
  readonly cookie: SessionCookie | undefined

  constructor(code: 'as_error' | 'binding_not_applied', cookie: SessionCookie | undefined) {
    super(code)
    this.cookie = cookie
  }
}

/** The authorization server ended the grant, and with it went the session. */
export class GrantEndedError extends RefusalError {}

async function mint(
  session: Session,
  { target, proof }: Pick<AccessTokenRequest, 'proof' | 'target'>,
  context: BackendContext,
): Promise<Minted> {
  const { settings } = context
  const { jkt, refreshToken } = session
  const { resource, scope: askedScope } = target
  const parameters = {
    refresh_token: refreshToken,
    resource,
    scope: askedScope === '' ? undefined : askedScope,
  }
  const grantType = 'refresh_token'
  const judged = await requestToken({ grantType, parameters, jkt, proof }, context)
  if (judged.kind === 'unusable') {
    await revokeTokens({ access_token: judged.accessToken }, context)
    return {
      refreshToken: judged.refreshToken,
      outcome: { kind: 'unusable', error: judged.error },
    }
  }

  const { token } = judged
  const { lifetimeSeconds } = token
  const scope = token.scope ?? askedScope
  const expiresAt = settings.clock() + lifetimeSeconds
  const event = { type: 'access_token_issued', session: session.id } as const
  settings.onEvent({ ...event, jkt, resource, scope, lifetimeSeconds })
  return {
    refreshToken: token.refreshToken,
    outcome: {
      kind: 'bound',
      accessToken: { accessToken: token.accessToken, jkt, resource, scope, expiresAt },
    },
  }
}

function asGrantEnded(error: unknown): GrantEnded {
  if (error instanceof AuthorizationServerError && error.error === 'invalid_grant') {
    return { outcome: { kind: 'grant_ended' } }
  }
  throw error
}

/** Whether a token can do more than was asked for: an authorization server may ignore `scope`. */
function isWider({ scope }: AccessToken, target: TokenTarget): boolean {
  const asked = parseScope(target.scope)
  return !parseScope(scope).every((name) => asked.includes(name) || LOGIN_SCOPES.includes(name))
}
