import { DPOP_NONCE_HEADER } from '@tmb-kit/core'
import type { Context, MiddlewareHandler } from 'hono'
import { AccessTokenError } from './access-token-error.js'
import { createCors, type CorsOptions } from './cors.js'
import type { Verifier } from './create-verifier.js'
import { metadataPathOf } from './metadata.js'
import type { Requirement } from './requirement.js'
import type { RequestConnection, VerifiedRequest } from './verified-request.js'

/** What {@link protect} adds to a context: `c.var.verified`, or `c.get('verified')`. */
export interface ProtectEnv {
  readonly Variables: { readonly verified: VerifiedRequest }
}

/** What a route asks for, and where its connection is to be found. */
export interface ProtectOptions extends Requirement {
  /** The connection of a request, where a token may be bound to a client certificate. */
  readonly connection?: (context: Context) => RequestConnection | undefined
}

/**
 * Lets a request through only with a good token and its proof, and with what the route asks for.
 *
 * Mount it before anything that changes the request's method. The handler finds the outcome in
 * `c.var.verified`. The answer gets the next nonce, and `Cache-Control: no-store` unless the handler
 * said otherwise and there is no nonce.
 *
 * @throws {TypeError} when the requirement is malformed.
 */
export function protect(
  verifier: Verifier,
  options: ProtectOptions = {},
): MiddlewareHandler<ProtectEnv> {
  const { connection = () => undefined, ...requirement } = options
  const authorize = verifier.authorize(requirement)

  return async function protect(c, next) {
    let verified: VerifiedRequest
    try {
      verified = await verifier.verify(c.req.raw, connection(c))
      authorize(verified)
    } catch (error) {
      if (error instanceof AccessTokenError) return error.toResponse()
      throw error
    }

    c.set('verified', verified)
    await next()
    const { nonce } = verified
    if (nonce !== undefined) c.header(DPOP_NONCE_HEADER, nonce)
    if (nonce !== undefined || !c.res.headers.has('Cache-Control')) {
      c.header('Cache-Control', 'no-store')
    }
    return undefined
  }
}

/**
 * Lets the pages of some origins call this API, and answers their preflights without authentication.
 *
 * Mount it before {@link protect}, so that a 401 can be read too.
 *
 * @throws {TypeError} when an origin is not one.
 */
export function cors(options: CorsOptions): MiddlewareHandler {
  const judge = createCors(options)

  return async function cors(c, next) {
    const { isPreflight, headers } = judge(c.req.method, c.req.raw.headers)
    if (isPreflight) return new Response(undefined, { status: 204, headers })

    await next()
    for (const [name, value] of Object.entries(headers))
      c.header(name, value, { append: name === 'Vary' })
    return undefined
  }
}

/**
 * Publishes what the verifier demands, for whoever looks for it.
 *
 * Mount it with `app.use`: it answers `GET /.well-known/oauth-protected-resource`, and with the path
 * of the resource behind it where the resource has one.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9728#section-3
 */
export function protectedResourceMetadata(verifier: Verifier): MiddlewareHandler {
  const path = metadataPathOf(verifier.metadata.resource)

  return async function protectedResourceMetadata(c, next) {
    if (c.req.path !== path || c.req.method !== 'GET') return next()

    return c.json(verifier.metadata)
  }
}
