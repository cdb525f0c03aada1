import type { Page } from './page.js'
import { askSession } from './session.js'

/**
 * A part of a page: looks at the session when the page is seen again and may have missed its end,
 * after a sleep or in the back/forward cache. No timer runs: it would sleep as well.
 */
export function wake(page: Page): void {
  const { call } = page
  let expiresAt: number
  page.call = async (endpoint, content) => {
    const answer = await call(endpoint, content)
    if (endpoint === 'session') expiresAt = Number(answer['expires_at'])
    return answer
  }

  const look = ({ persisted }: Partial<PageTransitionEvent>): void => {
    // A backend that is not reached now says nothing of the session.
    if (page.isSignedIn && (persisted || page.clock() >= expiresAt)) {
      askSession(page).catch(() => undefined)
    }
  }
  for (const name of ['pageshow', 'visibilitychange']) {
    ;(globalThis as Partial<typeof globalThis>).addEventListener?.(name, look)
  }
}
