import { DPOP_NONCE_HEADER } from '@tmb-kit/core'
import { AccessTokenError } from './access-token-error.js'
import { createCors, type CorsOptions } from './cors.js'
import type { Verifier } from './create-verifier.js'
import {
  nodeRequestOf,
  sendAnswer,
  setHeaders,
  type AnyNodeRequest,
  type AnyNodeResponse,
} from './node/framework.js'
import { viewNodeConnection, viewNodeRequest } from './node/node-request.js'
import type { Requirement } from './requirement.js'
import type { VerifiedRequest } from './verified-request.js'

export type {
  AnyNodeRequest,
  AnyNodeResponse,
  FastifyLikeReply,
  FastifyLikeRequest,
} from './node/framework.js'
export type { NodeRequest } from './node/node-request.js'

/** How Express is told that it may go on, or what went wrong. */
export type Next = (error?: Error) => void

/**
 * A middleware of Express, an `onRequest` hook of Fastify, or a function to await in plain node:http.
 *
 * @returns `undefined` after a refusal, which has been sent by then.
 */
export type NodeGuard = (
  request: AnyNodeRequest,
  response: AnyNodeResponse,
  next?: Next,
) => Promise<VerifiedRequest | undefined>

const VERIFIED = Symbol('tmb-kit verified request')

type Marked = { [VERIFIED]?: VerifiedRequest }

/**
 * Lets a request through only with a good token and its proof, and with what the route asks for.
 *
 * Express: `app.get('/orders', protect(verifier, { scope }), handler)`. Fastify: as an `onRequest`
 * hook. node:http: `const verified = await protect(verifier)(request, response)`, and return where it
 * is `undefined`. Handlers get the outcome from {@link verifiedOf}. The answer gets the next nonce,
 * and `Cache-Control: no-store`, which a handler should leave alone while nonces are in use.
 *
 * Does not look into a form that nobody has parsed yet: reading it would take it from the handler.
 *
 * @throws {TypeError} when the requirement is malformed.
 */
export function protect(verifier: Verifier, requirement: Requirement = {}): NodeGuard {
  const authorize = verifier.authorize(requirement)

  const judge: NodeGuard = async (request, response) => {
    const nodeRequest = nodeRequestOf(request)
    try {
      const connection = viewNodeConnection(nodeRequest.socket)
      const verified = await verifier.verify(viewNodeRequest(nodeRequest), connection)
      authorize(verified)
      const { nonce } = verified
      setHeaders(response, {
        'Cache-Control': 'no-store',
        ...(nonce !== undefined && { [DPOP_NONCE_HEADER]: nonce }),
      })
      ;(request as Marked)[VERIFIED] = verified
      return verified
    } catch (error) {
      if (!(error instanceof AccessTokenError)) throw error

      sendAnswer(response, error.response)
      return undefined
    }
  }

  return withNext(judge)
}

/**
 * The outcome of {@link protect} for a request.
 *
 * @throws {TypeError} when the request was not protected: a route was left open by mistake.
 */
export function verifiedOf(request: AnyNodeRequest): VerifiedRequest {
  const verified = (request as Marked)[VERIFIED]
  if (verified === undefined) throw new TypeError('this request did not pass through protect()')
  return verified
}

/**
 * Lets the pages of some origins call this API, and answers their preflights without authentication.
 *
 * Goes before {@link protect}, in the same three ways.
 *
 * @returns A guard that resolves to `true` when the handler may go on, and to nothing after a preflight.
 * @throws {TypeError} when an origin is not one.
 */
export function cors(
  options: CorsOptions,
): (
  request: AnyNodeRequest,
  response: AnyNodeResponse,
  next?: Next,
) => Promise<boolean | undefined> {
  const judge = createCors(options)

  return withNext(async (request, response) => {
    const { method, headers } = viewNodeRequest(nodeRequestOf(request))
    const verdict = judge(method, headers)
    if (!verdict.isPreflight) {
      setHeaders(response, verdict.headers)
      return true
    }

    sendAnswer(response, { status: 204, headers: verdict.headers, body: undefined })
    return undefined
  })
}

/** Express goes on when it is told to, Fastify when the promise is kept, node:http by itself. */
function withNext<Value>(
  judge: (request: AnyNodeRequest, response: AnyNodeResponse) => Promise<Value | undefined>,
): (request: AnyNodeRequest, response: AnyNodeResponse, next?: Next) => Promise<Value | undefined> {
  // As rest parameters: Fastify refuses an asynchronous hook that declares a third one.
  return async function guard(request, response, ...[next]) {
    if (next === undefined || 'raw' in request) return judge(request, response)

    let outcome: Value | undefined
    try {
      outcome = await judge(request, response)
    } catch (error) {
      next(error as Error)
      return undefined
    }
    if (outcome !== undefined) next()
    return outcome
  }
}
