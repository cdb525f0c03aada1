import type { Handler } from 'hono'
import type { BackendContext } from '../backend-context.js'
import { readCookies } from '../cookies/read-cookies.js'
import { openSessionOf } from '../session/open-session-of.js'

/**
 * `GET /session`: who is signed in. Never a token, and only the listed claims.
 *
 * Step 1 of docs/flow.md. Mount behind `requireSameOrigin()`.
 */
export function sessionRoute(context: BackendContext): Handler {
  return async (c) => {
    const open = await openSessionOf(readCookies(c.req.raw), context.sessions)
    const mode = await modeOf(context)
    if (open === undefined) return c.json({ active: false, mode })

    const { claims, jkt, scope } = open.session
    return c.json({ active: true, mode, claims, jkt, scope, expires_at: open.expiresAt })
  }
}

/** An authorization server that is down, or wrongly configured, is the login's trouble. */
async function modeOf({ settings, server }: BackendContext): Promise<string> {
  if (settings.mode !== undefined) return settings.mode
  return server.metadata().then(
    ({ mode }) => mode,
    () => 'tmb',
  )
}
