import type { Handler } from 'hono'
import type { BackendContext } from '../backend-context.js'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { readCookies } from '../cookies/read-cookies.js'
import { RefusalError } from '../errors.js'
import { assertSameKey, verifyOwnProof } from '../guards/own-proof.js'
import { openSessionOf } from '../session/open-session-of.js'

/** Proxies that gather answers before they pass them on leave this one alone. */
const HEADERS = { 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' } as const

/**
 * `GET /events`: a stream of server-sent events that tells an open page to look at its session
 * again, when it has ended anywhere.
 *
 * Step 10 of docs/flow.md. It says nothing else, so that it needs no more than the cookie and an
 * origin of ours: `EventSource` can send no header.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export function eventsRoute(context: BackendContext): Handler {
  return async (c) => {
    const cookies = readCookies(c.req.raw)
    const proven = await verifyOwnProof(c, '/events', context)
    const open = await openSessionOf(cookies, context.sessions)
    if (open === undefined) throw new RefusalError('no_session')

    const { session, expiresAt } = open
    assertSameKey(proven, session.jkt)
    const cookie = cookies.get(SESSION_COOKIE) ?? ''
    const stream = context.live.open({ id: session.id, cookie, expiresAt })
    if (stream === undefined) {
      throw new RefusalError('slow_down', { headers: { 'Retry-After': '60' } })
    }
    return c.body(stream, 200, HEADERS)
  }
}
