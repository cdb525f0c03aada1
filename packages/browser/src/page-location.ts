import { parseSafeUrl } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/** Where the page is, and how it goes elsewhere: `window.location`. */
export type PageLocation = Pick<Location, 'href' | 'assign'>

/**
 * Leaves the page for an address that the backend gave.
 *
 * @throws {@link TmbError} `url_refused` - no https (or loopback) address, or of another origin than
 *   the configured one.
 */
export function goTo(location: PageLocation, address: unknown, expectedOrigin?: string): void {
  const url = parseSafeUrl(address)
  if (url === undefined || (expectedOrigin ?? url.origin) !== url.origin) {
    throw new TmbError('url_refused')
  }
  location.assign(url.href)
}
