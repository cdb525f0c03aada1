import { CSRF_HEADER, CSRF_HEADER_VALUE } from '@tmb-kit/core'
import { RefusalError } from '../errors.js'
import type { EventSink } from '../events.js'

export interface CsrfGuardOptions {
  /** The application's own origin. */
  readonly origin: string
  readonly onEvent: EventSink
}

interface SameOriginOptions extends CsrfGuardOptions {
  readonly path: string
  readonly callers: 'eventSource' | 'page'
}

/**
 * Refuses what did not come from a script of the application: 403 `csrf_rejected`.
 *
 * Checks: the static header, which needs a CORS preflight that nobody answers; `Sec-Fetch-Site`;
 * `Origin`; and that a POST carries one of the two. `EventSource` can send no header: there a
 * `Sec-Fetch-Site` has to say instead what the header proves.
 *
 * @throws {RefusalError} `csrf_rejected`
 * @see https://www.rfc-editor.org/rfc/rfc10017#section-6.1.3.3
 */
export function assertSameOrigin(
  request: Request,
  { origin, onEvent, path, callers }: SameOriginOptions,
): void {
  if (isSameOrigin(request, { origin, callers })) return

  onEvent({ type: 'csrf_rejected', path })
  throw new RefusalError('csrf_rejected')
}

function isSameOrigin(
  { method, headers }: Request,
  { origin: ownOrigin, callers }: Pick<SameOriginOptions, 'callers' | 'origin'>,
): boolean {
  const site = headers.get('Sec-Fetch-Site') ?? undefined
  const isProven = callers === 'eventSource' && site === 'same-origin'
  if (!isProven && headers.get(CSRF_HEADER) !== CSRF_HEADER_VALUE) return false

  const origin = headers.get('Origin') ?? undefined
  if (site !== undefined && site !== 'same-origin') return false
  if (origin !== undefined && origin !== ownOrigin) return false
  return method !== 'POST' || site !== undefined || origin !== undefined
}
