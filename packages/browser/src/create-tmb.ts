import { getAccessToken } from './access-token.js'
import { authorize, boundFetch, type Authorization } from './bound-fetch.js'
import { backendClock } from './backend-clock.js'
import { capturedCrypto } from './captured-crypto.js'
import { ed25519 } from './ed25519.js'
import { handoff } from './handoff.js'
import { login, type LoginOptions } from './login.js'
import { logout, type LogoutOptions } from './logout.js'
import { observed } from './observed.js'
import { openPage, type PageOptions } from './open-page.js'
import { ownProofs } from './own-proofs.js'
import type { Page } from './page.js'
import { askSession, type SessionState } from './session.js'
import { challenges, signIn } from './sign-in.js'
import { tabs } from './tabs.js'
import type { TmbEvent, TmbEventName } from './tmb-event.js'
import { wake } from './wake.js'

export interface TmbOptions extends PageOptions {
  /** Of a key that is made. `Ed25519` counts where the browser has it. Default: `ES256`. */
  readonly algorithm?: 'ES256' | 'Ed25519'
  /**
   * Mode `handoff`: the address that proofs for the authorization server are made for. Default: the
   * first one that the backend names, on the origin of `authorizationServer` when that is given.
   */
  readonly tokenEndpoint?: string
  /** Told what happens. Must not throw. */
  readonly onEvent?: (event: TmbEvent) => void
  /** What an RFC 9470 challenge does. Default: `error`, a `step_up_required` with `login()`. */
  readonly stepUp?: 'error' | 'navigate'
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
  logout(options?: LogoutOptions): Promise<void>
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

/** Every option, so that a misspelt one is not taken for its default. */
const OPTIONS: Readonly<Record<keyof TmbOptions, unknown>> = {
  algorithm: 1,
  authorizationServer: 1,
  backendUrl: 1,
  clock: 1,
  fetch: 1,
  location: 1,
  onEvent: 1,
  resourceServers: 1,
  stepUp: 1,
  tokenEndpoint: 1,
}

/**
 * Makes a page's one {@link Tmb}. Nothing is asked or stored before it is used.
 *
 * `fetch` and the functions of WebCrypto are taken at this moment, so a script that replaces them
 * later sees no token. That stops no hostile script in the page: it can call this object as the page
 * does.
 *
 * @throws {TypeError} when `resourceServers` holds anything but https (or loopback) origins, and for
 *   an option that there is not.
 * @example
 * const tmb = createTmb({ resourceServers: ['https://api.example'] })
 * if ((await tmb.session()).kind !== 'active') await tmb.login()
 * const orders = await tmb.fetch('https://api.example/orders')
 */
export function createTmb(options: TmbOptions): Tmb {
  for (const name of Object.keys(options)) if (!(name in OPTIONS)) throw new TypeError(name)
  return tmbOf(openWholePage(options))
}

/** @internal A page with every part, as its options want them. */
export function openWholePage(options: TmbOptions): Page {
  const { algorithm, location = globalThis.location, onEvent, stepUp, tokenEndpoint } = options
  const watched = { ...options, fetch: observed(options.fetch ?? fetch, onEvent) }
  const page = openPage(watched, capturedCrypto, backendClock, ownProofs, signIn)
  handoff(page, tokenEndpoint)
  challenges(page, stepUp === 'navigate')
  if (algorithm === 'Ed25519') ed25519(page)
  // Where there is no page, as in a server's rendering, there are no other tabs either.
  if (location as unknown) {
    tabs(page)
    wake(page)
  }
  return page
}

/** @internal Everything that a page can do, in one object. */
export function tmbOf(page: Page): Tmb {
  const events = new EventTarget()
  page.tell = (name) => events.dispatchEvent(new Event(name))

  return {
    session: async () => askSession(page),
    login: async (options) => login(page, options),
    logout: async (options) => logout(page, options),
    fetch: async (input, init) => boundFetch(page, input, init),
    authorize: async (request) => authorize(page, request),
    renew: async () => {
      for (const server of page.resourceServers) {
        page.accessTokens.delete(server)
        await getAccessToken(page, server, true)
      }
    },
    on: (name, listener) => {
      events.addEventListener(name, listener)
      return () => events.removeEventListener(name, listener)
    },
  }
}
