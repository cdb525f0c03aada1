import type { Page } from './page.js'

/**
 * A part of a page: learns from the `Date` of the backend's answers how far this machine's clock is
 * off.
 *
 * A `Date` has whole seconds, and was written at some time between sending and receiving: what it
 * tells is an interval. Those of several answers narrow each other; one that contradicts what is
 * known, as when somebody sets the clock, begins anew. A clock that may be right is left alone.
 */
export function backendClock(page: Page): void {
  const { clock, send } = page
  let low = -Infinity
  let high = Infinity

  page.send = async (url, init) => {
    const sentAt = clock()
    const response = await send(url, init)
    const date = Date.parse(response.headers.get('Date') as string) / 1000
    if (date) {
      const earliest = date - clock() - 1
      const latest = date + 1 - sentAt
      low = Math.max(low, earliest)
      high = Math.min(high, latest)
      if (low >= high) [low, high] = [earliest, latest]
    }
    return response
  }
  page.clock = () => Math.floor(clock() + (low < 0 && high > 0 ? 0 : (low + high) / 2))
}
