import { CSRF_HEADER, CSRF_HEADER_VALUE } from '@tmb-kit/core'
import { createMiddleware } from 'hono/factory'
import { RefusalError } from '../errors.js'
import type { EventSink } from '../events.js'

export interface CsrfGuardOptions {
  /** The application's own origin. */
  readonly origin: string
  readonly onEvent: EventSink
}

/**
 * Refuses what did not come from a script of the application: 403 `csrf_rejected`.
 *
 * Checks: the static header, which needs a CORS preflight that nobody answers; `Sec-Fetch-Site`;
 * `Origin`; and that a POST carries one of the two.
 *
 * @see https://www.rfc-editor.org/rfc/rfc10017#section-6.1.3.3
 */
export function requireSameOrigin({ origin, onEvent }: CsrfGuardOptions) {
  return createMiddleware(async (c, next) => {
    if (!isSameOrigin(c.req.raw, origin)) {
      onEvent({ type: 'csrf_rejected', path: c.req.path })
      throw new RefusalError('csrf_rejected')
    }
    await next()
  })
}

function isSameOrigin({ method, headers }: Request, ownOrigin: string): boolean {
  if (headers.get(CSRF_HEADER) !== CSRF_HEADER_VALUE) return false

  const site = headers.get('Sec-Fetch-Site') ?? undefined
  const origin = headers.get('Origin') ?? undefined
  if (site !== undefined && site !== 'same-origin') return false
  if (origin !== undefined && origin !== ownOrigin) return false
  return method !== 'POST' || site !== undefined || origin !== undefined
}
