/** Answers the requests of one origin. */
export type OriginHandler = (request: Request) => Response | Promise<Response>

/** An in-process network. */
export interface Origins {
  readonly fetch: typeof fetch
  /** Every request so far, oldest first; bodies can be read from the clones. */
  readonly requests: readonly Request[]
  /** Answers an origin from now on, or again. */
  serve(origin: string, handler: OriginHandler): void
}

/**
 * A network of handlers, one for each origin. A request to an origin that nobody serves throws, as
 * a refused connection would; a redirect is followed never: `redirect: 'error'` throws on one.
 */
export function createOrigins(handlers: Readonly<Record<string, OriginHandler>> = {}): Origins {
  const served = new Map(Object.entries(handlers))
  const requests: Request[] = []

  return {
    requests,
    serve: (origin, handler) => void served.set(origin, handler),
    fetch: async (input, init) => {
      const request = new Request(input, init)
      requests.push(request.clone())
      const handler = served.get(new URL(request.url).origin)
      if (handler === undefined) throw new TypeError(`fetch failed: nobody serves ${request.url}`)

      const response = await handler(request)
      request.signal.throwIfAborted()
      if (request.redirect === 'error' && response.status >= 300 && response.status < 400) {
        throw new TypeError('fetch failed: unexpected redirect')
      }
      return response
    },
  }
}
