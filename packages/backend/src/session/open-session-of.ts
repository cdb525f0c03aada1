import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import type { Cookies } from '../cookies/read-cookies.js'
import type { OpenSession, Sessions } from './sessions.js'

/** The session of a request. A cookie that was tampered with is as none. */
export function openSessionOf(
  cookies: Cookies,
  sessions: Sessions,
): Promise<OpenSession | undefined> | undefined {
  const value = cookies.get(SESSION_COOKIE)
  return value === undefined ? undefined : sessions.open(value)
}
