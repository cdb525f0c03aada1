import type { Context, Handler } from 'hono'
import { matchedRoutes } from 'hono/route'
import { answerError } from './answer-error.js'
import { isProtected, refusalOf } from './answer-json.js'
import { RefusalError } from './errors.js'
import { assertSameOrigin, type CsrfGuardOptions } from './guards/csrf.js'
import { assertMethod } from './guards/method.js'
import { protect } from './guards/response-headers.js'
import type { Telemetry } from './telemetry/telemetry.js'

/** One address below the base path, and what is checked before its route sees the request. */
export interface Endpoint {
  readonly method: 'GET' | 'POST'
  /**
   * Who may call it: a script of the application, also its `EventSource`, or also a navigation and
   * other servers.
   */
  readonly callers: 'any' | 'eventSource' | 'page'
  readonly route: Handler
}

interface EndpointOptions extends CsrfGuardOptions {
  readonly telemetry: Telemetry | undefined
}

/**
 * All endpoints in one handler: Hono calls a handler that is the only one for a request without
 * a chain of middleware around it, which costs as much as the rest of a small answer.
 */
export function createEndpoints(
  endpoints: Readonly<Record<string, Endpoint>>,
  options: EndpointOptions,
): Handler {
  const known = new Map(Object.entries(endpoints))
  const answer = (c: Context, next: () => Promise<void>): unknown => {
    const endpoint = known.get(pathOf(c))
    if (endpoint === undefined) throw new RefusalError('not_found')

    const { method, callers, route } = endpoint
    assertMethod(c.req.raw, method)
    if (callers !== 'any') assertSameOrigin(c.req.raw, { ...options, path: c.req.path, callers })
    return route(c, next)
  }

  const answerAlways: AnswerAlways = async (c, next) => {
    try {
      const response = (await answer(c, next)) as Response
      return isProtected(c) ? response : protect(response)
    } catch (error) {
      return answerError(c, error, options.onEvent)
    }
  }
  const { telemetry } = options
  return telemetry === undefined ? answerAlways : observed(answerAlways, { telemetry, known })
}

type AnswerAlways = (c: Context, next: () => Promise<void>) => Promise<Response>

const METHODS: readonly string[] = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']

/** What a request brings along names no span and no metric: there would be as many as anybody likes. */
function observed(
  answer: AnswerAlways,
  options: { readonly telemetry: Telemetry; readonly known: ReadonlyMap<string, Endpoint> },
): AnswerAlways {
  const { telemetry, known } = options
  return async (c, next) => {
    const path = pathOf(c)
    const endpoint = known.has(path) ? path.slice(1) : 'other'
    const method = METHODS.includes(c.req.raw.method) ? c.req.raw.method : '_OTHER'
    const { response } = await telemetry.request({ endpoint, method }, async () => {
      const given = await answer(c, next)
      return { response: given, status: given.status, error: refusalOf(c) }
    })
    return response
  }
}

/** The path below wherever the application has mounted the backend. */
function pathOf(c: Context): string {
  const { basePath = '' } = matchedRoutes(c)[c.req.routeIndex] ?? {}
  return c.req.path.slice(basePath === '/' ? 0 : basePath.length)
}
