import type { Page } from './page.js'

/**
 * A part of a page: learns from the `Date` of the backend's answers how far this machine's clock is
 * off.
 *
 * A `Date` has whole seconds, and was written at some time between sending and receiving: what it
 * tells is an interval. The offset moves no further than into it. So a clock that is right is left
 * alone, an answer that waited in a sleeping tab changes nothing, and several narrow each other.
 */
export function backendClock(page: Page): void {
  const { clock, send } = page
  let offsetSeconds = 0

  page.send = async (url, init) => {
    const sentAt = clock()
    const response = await send(url, init)
    const date = Date.parse(response.headers.get('Date') as string) / 1000
    if (date) offsetSeconds = Math.min(Math.max(offsetSeconds, date - clock()), date - sentAt)
    return response
  }
  page.clock = () => Math.floor(clock() + offsetSeconds)
}
