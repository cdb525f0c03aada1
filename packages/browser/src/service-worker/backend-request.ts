import { getAccessToken } from '../access-token.js'
import type { Page } from '../page.js'
import type { SharedOptions } from './options.js'

/** Where the page's half asks the worker. No such path is asked for over the network, if one signs. */
export function commandUrl(backendUrl: string, command: 'options' | 'renew' | 'session'): string {
  return `${backendUrl}/service-worker/${command}`
}

/** What the page's half may ask of the worker. None of it hands out a token or a proof. */
export function commandOf(
  url: string,
  backendUrl: string,
  page: Page,
  options: SharedOptions,
): (() => Promise<string>) | undefined {
  switch (url) {
    case commandUrl(backendUrl, 'options'):
      return async () => describe(options)
    case commandUrl(backendUrl, 'session'):
      return async () => JSON.stringify(await page.call('session'))
    case commandUrl(backendUrl, 'renew'):
      return async () => {
        for (const server of page.resourceServers) {
          page.accessTokens.delete(server)
          await getAccessToken(page, server, true)
        }
        return ''
      }
    default:
      return undefined
  }
}

/** What the page compares, to know that its worker does what it expects. */
export function describe({ resourceServers, fallback }: SharedOptions): string {
  return JSON.stringify([resourceServers, fallback === 'refuse'])
}

/** Whether a page asks for a token itself, however it spells the path. */
export function isTokenRequest(url: string, backendUrl: string): boolean {
  const [path = ''] = url.split(/[?#]/)
  try {
    return decodeURI(path) === `${backendUrl}/token`
  } catch {
    // No path of the backend's is malformed.
    return false
  }
}
