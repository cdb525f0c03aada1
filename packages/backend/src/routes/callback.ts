import type { Context, Handler } from 'hono'
import type { BackendContext } from '../backend-context.js'
import { readCookies } from '../cookies/read-cookies.js'
import { RefusalError } from '../errors.js'
import type { CallbackRefusal } from '../events.js'
import { callbackPage } from '../login/callback-page.js'
import { parseCallbackParameters } from '../login/callback-parameters.js'
import { completeLogin } from '../login/complete-login.js'
import { putKeyCookie } from '../login/key-continuity.js'
import { loginErrorWord, passOnError } from '../login/login-error-word.js'
import { withError } from '../login/return-to.js'
import { putSessionCookie } from '../session/put-session-cookie.js'
import type { FoundTransaction } from '../transaction/transaction-cookies.js'

/**
 * `GET /callback`: the browser is back from the authorization server.
 *
 * Step 3 of docs/flow.md. Checks, in this order: a top-level navigation, a `state` of this browser,
 * `iss` (RFC 9207), an error of the authorization server, then the code.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.7
 */
export function callbackRoute(context: BackendContext): Handler {
  const { settings, transactions, rateLimits } = context

  return async (c) => {
    const tooOften = await refusalOf(async () => rateLimits.assertAddress(c, 'callback'))
    if (tooOften !== undefined) {
      return c.html(await callbackPage(settings.origin), 429, tooOften.details.headers)
    }
    const refuse = async (reason: CallbackRefusal, status: 400 | 403 = 400): Promise<Response> => {
      settings.onEvent({ type: 'callback_refused', reason })
      return c.html(await callbackPage(settings.origin), status)
    }
    if ((c.req.header('Sec-Fetch-Dest') ?? 'document') !== 'document') {
      return refuse('not_a_navigation', 403)
    }

    const parameters = parseCallbackParameters(c.req.url)
    const cookies = cookiesOf(c.req.raw)
    if (parameters === undefined || cookies === undefined) return refuse('malformed')

    const found = await transactions.find(parameters.state ?? '', cookies)
    if (found === undefined) return refuse('no_transaction')
    if (found.transaction.issuer !== settings.issuer) return refuse('issuer_mismatch')
    if (!(await isFromIssuer(parameters.iss, context))) return refuse('issuer_mismatch')
    if (!transactions.consume(c, found)) return refuse('no_transaction')

    const { error, code } = parameters
    if (error !== undefined) return fail(c, { found, error: passOnError(error), context })
    if (code === undefined) return fail(c, { found, error: 'as_error', context })
    return redeem(c, { found, code, context })
  }
}

/** RFC 9207 section 2.4, by exact comparison. Required where the server promises it. */
async function isFromIssuer(
  iss: string | undefined,
  { settings, server }: BackendContext,
): Promise<boolean> {
  if (iss !== undefined) return iss === settings.issuer
  return server.metadata().then(
    (metadata) => !metadata.authorization_response_iss_parameter_supported,
    // Without metadata the code cannot be redeemed either, and that has an answer of its own.
    () => true,
  )
}

interface Redemption {
  readonly found: FoundTransaction
  readonly code: string
  readonly context: BackendContext
}

async function redeem(c: Context, { found, code, context }: Redemption): Promise<Response> {
  const { settings, server, sessions, pendingCodes } = context
  const { transaction } = found
  try {
    if ((await server.metadata()).mode === 'handoff') {
      const pending = { code, transaction, receivedAt: settings.clock() }
      if (await pendingCodes.put(c, pending)) return c.redirect(transaction.returnTo, 303)
      return fail(c, { found, error: 'as_error', context })
    }

    const cookie = await completeLogin({ code, transaction, proof: undefined }, context)
    putSessionCookie(c, cookie, settings.clock())
    await putKeyCookie(c, transaction.jkt, sessions.sealer)
    return c.redirect(transaction.returnTo, 303)
  } catch (failure) {
    return fail(c, { found, error: loginErrorWord(failure, settings.onEvent), context })
  }
}

function fail(
  c: Context,
  {
    found: { transaction },
    error,
    context: { settings },
  }: {
    readonly found: FoundTransaction
    readonly error: string
    readonly context: BackendContext
  },
): Response {
  settings.onEvent({ type: 'login_failed', error })
  return c.redirect(withError(transaction.returnTo, error, settings.origin), 303)
}

/** A navigation is answered with a page, not with JSON. */
async function refusalOf(check: () => Promise<void>): Promise<RefusalError | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof RefusalError) return error
    throw error
  }
}

function cookiesOf(request: Request) {
  try {
    return readCookies(request)
  } catch (error) {
    // A navigation is answered with a page, not with JSON.
    if (error instanceof RefusalError) return undefined
    throw error
  }
}
