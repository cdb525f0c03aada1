import { RefusalError } from '../errors.js'

/**
 * Lets one method through.
 *
 * Hono would answer HEAD with the GET handler, and our GET of the callback has effects.
 *
 * @throws {RefusalError} `method_not_allowed`
 */
export function assertMethod(request: Request, method: 'GET' | 'POST'): void {
  if (request.method !== method) {
    throw new RefusalError('method_not_allowed', { headers: { Allow: method } })
  }
}
