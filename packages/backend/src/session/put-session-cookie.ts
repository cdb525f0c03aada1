import type { Context } from 'hono'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { putCookie } from '../cookies/set-cookies.js'
import type { SessionCookie } from './sessions.js'

/** Gives the browser the session cookie, where it is to hold something new. */
export function putSessionCookie(c: Context, cookie: SessionCookie | undefined, now: number): void {
  if (cookie === undefined) return

  const maxAgeSeconds = Math.max(cookie.expiresAt - now, 0)
  putCookie(c, SESSION_COOKIE, cookie.value, { sameSite: 'Strict', maxAgeSeconds })
}
