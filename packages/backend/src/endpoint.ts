import type { Context, Handler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { answerError } from './answer-error.js'
import { isProtected } from './answer-json.js'
import { RefusalError } from './errors.js'
import { assertSameOrigin, type CsrfGuardOptions } from './guards/csrf.js'
import { assertMethod } from './guards/method.js'
import { protect } from './guards/response-headers.js'

/** One address below the base path, and what is checked before its route sees the request. */
export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /** Who may call it: a script of the application, or also a navigation and other servers. */
  readonly callers: 'any' | 'page'
  readonly route: Handler
}

/**
 * All endpoints in one handler: Hono calls a handler that is the only one for a request without
 * a chain of middleware around it, which costs as much as the rest of a small answer.
 */
export function createEndpoints(
  endpoints: Readonly<Record<string, Endpoint>>,
  options: CsrfGuardOptions,
): Handler {
  const known = new Map(Object.entries(endpoints))
  const answer = async (c: Context, next: () => Promise<void>): Promise<Response> => {
    const endpoint = known.get(pathOf(c))
    if (endpoint === undefined) throw new RefusalError('not_found')

    const { method, callers, route } = endpoint
    assertMethod(c.req.raw, method)
    if (callers === 'page') assertSameOrigin(c.req.raw, c.req.path, options)
    const response: unknown = await route(c, next)
    return response as Response
  }

  return async (c, next) => {
    try {
      const response = await answer(c, next)
      return isProtected(c) ? response : protect(response)
    } catch (error) {
      return answerError(c, error, options.onEvent)
    }
  }
}

/** The path below wherever the application has mounted the backend. */
function pathOf(c: Context): string {
  const { basePath = '' } = matchedRoutes(c)[c.req.routeIndex] ?? {}
  return c.req.path.slice(basePath === '/' ? 0 : basePath.length)
}
