import { systemClock, TMB_PARAMETER, type Clock } from '@tmb-kit/core'
import { authenticateClient, type ClientAuthentication } from './client-authentication.js'
import { postForm } from './post-form.js'
import { parseExchangedToken, type ExchangedToken } from './exchanged-token.js'
import type { SessionConfirmation } from './session-prover.js'

/** RFC 8693 section 2.1 and section 3. */
const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/** What a verifier answers for a request: its token, and every proof of it, passed every check. */
export interface VerifiedContext {
  readonly claims: { readonly exp: number }
  readonly cnf: object
}

export interface TokenExchangeOptions {
  readonly issuer: string
  readonly tokenEndpoint: string
  readonly client: { readonly id: string; readonly authentication: ClientAuthentication }
  /** What the tokens are to be bound to: `service.confirmation`. */
  readonly confirmation: SessionConfirmation
  readonly clock?: Clock
  readonly fetch?: typeof fetch
}

/** One exchange: of a token that came in for one that this service may use further on. */
export interface ExchangeRequest {
  /**
   * The verifier's answer for the request that the token came with. Without it there is no exchange:
   * only we could verify the presenter, the authorization server cannot.
   */
  readonly verified: VerifiedContext
  readonly subjectToken: string
  readonly resource: string
  readonly scope?: string
  /** Do not answer from memory. Default: false. */
  readonly renew?: boolean
}

export type TokenExchange = (request: ExchangeRequest) => Promise<ExchangedToken>

/** A token is used up to this long before it ends. */
const MIN_LEFT_SECONDS = 30
const MAX_TOKENS = 1000

/**
 * Exchanges tokens that came in for tokens bound to this service's certificate and TLS session.
 *
 * A token is remembered until half a minute before its end; who asks at once waits for one exchange.
 *
 * Checks: that the answer says of the token that it is bound as asked. Does not check the token itself.
 *
 * @throws {ServiceError} `exchange_refused`, `exchange_unavailable`, `binding_not_applied`
 * @throws {TypeError} when nothing was verified, or an option is none.
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-4.6.1
 */
export function createTokenExchange(options: TokenExchangeOptions): TokenExchange {
  const { tokenEndpoint, confirmation, clock = systemClock } = options
  const fetch: typeof globalThis.fetch =
    options.fetch ?? (async (input, init) => globalThis.fetch(input, init))
  if (!URL.canParse(tokenEndpoint)) throw new TypeError('tokenEndpoint must be a URL')

  const held = new Map<string, Promise<ExchangedToken>>()
  const exchange = async ({ subjectToken, resource, scope }: ExchangeRequest) => {
    const credentials = await authenticateClient(options.client, { ...options, clock })
    const form = new URLSearchParams({
      grant_type: TOKEN_EXCHANGE,
      subject_token: subjectToken,
      subject_token_type: ACCESS_TOKEN_TYPE,
      resource,
      [TMB_PARAMETER]: JSON.stringify(confirmation),
      ...(scope !== undefined && { scope }),
      ...credentials.parameters,
    })
    const answer = await postForm(tokenEndpoint, form, { fetch, headers: credentials.headers })
    return parseExchangedToken(answer, { confirmation, now: clock() })
  }

  return async (request) => {
    assertVerified(request.verified)
    const name = JSON.stringify([request.subjectToken, request.resource, request.scope])
    const pending = request.renew === true ? undefined : held.get(name)
    if (pending !== undefined) {
      const known = await pending
      if (known.expiresAt - MIN_LEFT_SECONDS > clock()) return known

      // While we waited somebody else may have begun to exchange it anew.
      const newer = held.get(name)
      if (newer !== undefined && newer !== pending) return newer
    }

    const exchanging = exchange(request)
    held.delete(name)
    held.set(name, exchanging)
    const [oldest] = held.keys()
    if (held.size > MAX_TOKENS && oldest !== undefined) held.delete(oldest)
    // A failure is not one to keep.
    exchanging.catch(() => held.get(name) === exchanging && held.delete(name))
    return exchanging
  }
}

/** Also for callers without types: a token that nobody has verified must not be exchanged. */
function assertVerified(verified: unknown): void {
  const { claims, cnf } = (verified ?? {}) as Partial<VerifiedContext>
  if (typeof claims?.exp !== 'number' || typeof cnf !== 'object') {
    throw new TypeError('verified must be what the verifier answered for this token')
  }
}
