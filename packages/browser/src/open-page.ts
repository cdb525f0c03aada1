import { systemClock, type Clock } from '@tmb-kit/core'
import { callBackend } from './backend.js'
import { endSession, type Page, type PageLocation, type PagePart } from './page.js'
import { parseResourceServers, type ResourceServerOption } from './resource-server.js'

/** What every page is told. */
export interface PageOptions {
  /** The APIs that this page may call with tokens: all others are refused. */
  readonly resourceServers: readonly ResourceServerOption[]
  /** Where the backend is mounted. Default: `/bff`, on the page's own origin. */
  readonly backendUrl?: string
  /** The origin of the sign-in page. When given, a login goes to no other. */
  readonly authorizationServer?: string
  /** Default: the one of the moment when this object is made. */
  readonly fetch?: typeof fetch
  /** NumericDate in seconds. Default: this machine's. */
  readonly clock?: Clock
  readonly location?: PageLocation
}

/**
 * Opens a page that can look at its session (`askSession`) and call APIs (`boundFetch`): what a small
 * bundle needs. Everything else is a part of its own, see README.md; `createTmb` has all of them.
 *
 * Nothing is asked or stored before it is used. One for each page.
 *
 * @throws {TypeError} when `resourceServers` holds anything but https (or loopback) origins.
 * @example
 * const page = openPage({ resourceServers: ['https://api.example'] }, tabs)
 * const orders = await boundFetch(page, 'https://api.example/orders')
 */
export function openPage(options: PageOptions, ...parts: readonly PagePart[]): Page {
  const page = {
    backendUrl: '/bff',
    clock: systemClock,
    fetch,
    location: globalThis.location,
    ...options,
    send: options.fetch ?? fetch,
    resourceServers: parseResourceServers(options.resourceServers),
    crypto,
    call: async (endpoint, content) => callBackend(page, endpoint, content),
    generateKey: async () =>
      page.crypto.subtle.generateKey(
        { name: 'ECDSA', namedCurve: 'P-256' },
        false, // not extractable
        ['sign'],
      ),
  } as Omit<Page, 'accessTokens'> as Page
  endSession(page)
  for (const part of parts) part(page)
  return page
}
