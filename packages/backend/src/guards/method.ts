import { createMiddleware } from 'hono/factory'
import { RefusalError } from '../errors.js'

/**
 * Lets one method through.
 *
 * Hono would answer HEAD with the GET handler, and our GET of the callback has effects.
 */
export function onlyMethod(method: 'GET' | 'POST') {
  return createMiddleware(async (c, next) => {
    if (c.req.raw.method !== method) {
      throw new RefusalError('method_not_allowed', { headers: { Allow: method } })
    }
    await next()
  })
}
