import { parseJkt, type Jkt, type JsonObject } from '@tmb-kit/core'
import type { Context, Handler } from 'hono'
import { answerJsonText } from '../answer-json.js'
import type { BackendContext } from '../backend-context.js'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { readCookies } from '../cookies/read-cookies.js'
import { dropCookie } from '../cookies/set-cookies.js'
import { RefusalError } from '../errors.js'
import { assertSameKey, verifyOwnProof } from '../guards/own-proof.js'
import { readJsonBody } from '../guards/json-body.js'
import { putKeyCookie } from '../login/key-continuity.js'
import type { PendingCode } from '../login/pending-codes.js'
import { isFinal, redeemPendingCode } from '../login/redeem-pending-code.js'
import { putSessionCookie } from '../session/put-session-cookie.js'
import type { OpenSession } from '../session/sessions.js'
import {
  GrantEndedError,
  obtainAccessToken,
  UnusableAnswerError,
  type AccessTokenRequest,
} from '../token/obtain-access-token.js'
import type { AccessToken } from '../token/access-token.js'
import { findTokenHolder } from '../token/token-holder.js'
import { parseTokenTarget } from '../token/token-target.js'
import { createTokenTexts } from '../token/token-texts.js'

/**
 * `POST /token`: hands the page an access token that only its own key can use.
 *
 * Step 4 of docs/flow.md. Its endpoint checks where the request comes from. In mode `handoff` the first call after
 * the callback redeems the waiting code, and begins the session.
 */
export function tokenRoute(context: BackendContext): Handler {
  const { settings, rateLimits } = context
  const write = createTokenTexts()

  return async (c) => {
    await rateLimits.assertAddress(c, 'token')
    const cookies = readCookies(c.req.raw)
    const body = await readJsonBody(c.req.raw)
    const { jkt, refresh, proof } = parseTokenRequest(body)
    assertSameKey(await verifyOwnProof(c, '/token', context), jkt)
    const holder = await findTokenHolder(cookies, jkt, context)
    if (holder.kind === 'session') {
      const { open } = holder
      await rateLimits.assertSession(open.session.id, 'token')
      const target = parseTokenTarget(body, { granted: open.session.scope, settings })
      return answerToken(c, { open, request: { target, refresh, proof }, context, write })
    }

    const { pending } = holder
    const target = parseTokenTarget(body, { granted: pending.transaction.scope, settings })
    const open = await beginSession(c, { pending, proof, context })
    // The proof is used up: a token for anything else than the login's own needs another.
    const request = { target, refresh: false, proof: undefined }
    return answerToken(c, { open, request, context, write })
  }
}

interface TokenRequestBody {
  readonly jkt: Jkt
  readonly refresh: boolean
  readonly proof: string | undefined
}

function parseTokenRequest(body: JsonObject): TokenRequestBody {
  const { refresh = false, token_endpoint_proof: proof, resource, scope } = body
  const jkt = parseJkt(body['jkt'])
  const isWellFormed = typeof refresh === 'boolean' && [resource, scope].every(isOptionalText)
  if (jkt === undefined || !isWellFormed || !isOptionalText(proof)) {
    throw new RefusalError('invalid_request')
  }
  return { jkt, refresh, proof }
}

function isOptionalText(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}

interface TokenCall {
  readonly open: OpenSession
  readonly request: AccessTokenRequest
  readonly context: BackendContext
  readonly write: (accessToken: AccessToken, now: number) => string
}

async function answerToken(
  c: Context,
  { open, request, context, write }: TokenCall,
): Promise<Response> {
  const { clock } = context.settings
  try {
    const { accessToken, cookie } = await obtainAccessToken(open, request, context)
    putSessionCookie(c, cookie, clock())
    return answerJsonText(c, write(accessToken, clock()))
  } catch (error) {
    if (error instanceof UnusableAnswerError) putSessionCookie(c, error.cookie, clock())
    if (error instanceof GrantEndedError) dropCookie(c, SESSION_COOKIE, 'Strict')
    throw error
  }
}

interface CodeCall {
  readonly pending: PendingCode
  readonly proof: string | undefined
  readonly context: BackendContext
}

async function beginSession(
  c: Context,
  { pending, proof, context }: CodeCall,
): Promise<OpenSession> {
  const { settings, sessions, pendingCodes } = context
  try {
    const cookie = await redeemPendingCode(pending, proof, context)
    pendingCodes.drop(c)
    putSessionCookie(c, cookie, settings.clock())
    await putKeyCookie(c, pending.transaction.jkt, sessions.sealer)
    const open = await sessions.open(cookie.value)
    if (open === undefined) throw new RefusalError('no_session')
    return open
  } catch (error) {
    if (isFinal(error)) pendingCodes.drop(c)
    throw error
  }
}
