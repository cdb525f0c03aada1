import { systemClock, type Clock } from '@tmb-kit/core'
import { getAccessToken } from './access-token.js'
import { authorize, boundFetch, type Authorization } from './bound-fetch.js'
import { handoff } from './handoff.js'
import { login, type LoginOptions } from './login.js'
import { logout } from './logout.js'
import { endSession, tell, type Page, type PageLocation } from './page.js'
import { parseResourceServers } from './resource-server.js'
import { askSession, type SessionState } from './session.js'
import type { TmbEvent, TmbEventName } from './tmb-event.js'

export interface TmbOptions {
  /** The APIs that this page may call with tokens: all others are refused. */
  readonly resourceServers: readonly string[]
  /** Where the backend is mounted. Default: `/bff`, on the page's own origin. */
  readonly backendUrl?: string
  /** The origin of the sign-in page. When given, a login goes to no other. */
  readonly authorizationServer?: string
  /**
   * Mode `handoff`: the address that proofs for the authorization server are made for. Default: the
   * first one that the backend names, on the origin of `authorizationServer` when that is given.
   */
  readonly tokenEndpoint?: string
  /**
   * What an RFC 9470 challenge does. Default: `error`, a `step_up_required` with `login()`.
   * `answer` hands the API's 401 over as it is.
   */
  readonly stepUp?: 'error' | 'navigate' | 'answer'
  /** Default: the one of the moment when this object is made. */
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  readonly location?: PageLocation
  /** Told when the key is ready. Must not throw. */
  readonly onEvent?: (event: TmbEvent) => void
}

/** A page's way to its backend and its APIs. Every error of its own is a `TmbError`. */
export interface Tmb {
  /**
   * Whether there is a session, and whether its tokens are for the key that this browser holds.
   *
   * @throws `TmbError` `key_store_unavailable` - this browser cannot keep a key.
   */
  session(): Promise<SessionState>
  /**
   * Signs the user in: leaves the page for the authorization server.
   *
   * @returns Never: the promise stays pending while the page goes away.
   */
  login(options?: LoginOptions): Promise<never>
  /**
   * Signs out in all tabs: the key, the tokens and the nonces are gone, whatever the backend says.
   *
   * @throws `TmbError` when the backend could not be told: its session may live on, keyless.
   */
  logout(): Promise<void>
  /**
   * `fetch`, with an access token and a proof of its own for each request that leaves.
   *
   * Tries once more for a nonce and once for a token that was not accepted; never after a failure
   * of the network, which stays what the platform throws. Redirects are errors, no cookies go along.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /** The two headers for one request that something else than `fetch` will send. */
  authorize(request: {
    readonly method: string
    readonly url: string | URL
  }): Promise<Authorization>
  /** Has the authorization server issue new access tokens now. */
  renew(): Promise<void>
  /** Listens until the returned function is called. */
  on(name: TmbEventName, listener: () => void): () => void
}

/**
 * Makes a page's one {@link Tmb}. Nothing is asked or stored before it is used.
 *
 * `fetch` is taken at this moment, so a script that replaces it later sees no token. That stops no
 * hostile script in the page: it can call this object as the page does.
 *
 * @throws {TypeError} when `resourceServers` holds anything but https (or loopback) origins.
 * @example
 * const tmb = createTmb({ resourceServers: ['https://api.example'] })
 * if ((await tmb.session()).kind !== 'active') await tmb.login()
 * const orders = await tmb.fetch('https://api.example/orders')
 */
export function createTmb(options: TmbOptions): Tmb {
  return tmbOf(openPage(options))
}

/** @internal What a page can do, be it a page or a service worker. */
export function tmbOf(page: Page): Tmb {
  return {
    session: async () => askSession(page),
    login: async (loginOptions) => login(page, loginOptions),
    logout: async () => logout(page),
    fetch: async (input, init) =>
      boundFetch(
        page,
        new Request(new Request(input, init), { credentials: 'omit', redirect: 'error' }),
      ),
    authorize: async ({ method, url }) => authorize(page, new Request(url, { method })),
    renew: async () => {
      for (const server of page.resourceServers) {
        page.accessTokens.delete(server)
        await getAccessToken(page, server, true)
      }
    },
    on: (name, listener) => {
      page.events.addEventListener(name, listener)
      return () => page.events.removeEventListener(name, listener)
    },
  }
}

/** @internal */
export function openPage(options: TmbOptions): Page {
  const { clock = systemClock } = options
  const page = {
    fetch,
    backendUrl: '/bff',
    location: globalThis.location,
    ...options,
    clock: () => clock() + page.offsetSeconds,
    offsetSeconds: 0,
    resourceServers: parseResourceServers(options.resourceServers),
    events: new EventTarget(),
  } as Page
  endSession(page)
  handoff(page)
  // Where there is no page, as in a server's rendering, there are no other tabs either.
  if (!(page as Partial<Page>).location) return page

  page.tabs = new BroadcastChannel(page.backendUrl)
  page.tabs.addEventListener(
    'message',
    ({ data: told }: MessageEvent<TmbEventName | undefined>) => {
      endSession(page, false)
      if (told) tell(page, told)
    },
  )
  return page
}
