import { systemClock, type Clock } from '@tmb-kit/core'
import { createAccessTokens } from './access-token.js'
import { createBackend } from './backend.js'
import { createBackendClock } from './backend-clock.js'
import { createBoundFetch, type Authorization } from './bound-fetch.js'
import { indexedDbKeyStore } from './key-store.js'
import { signIn, type LoginOptions } from './login.js'
import { signOut, type LogoutOptions } from './logout.js'
import { createNonceCache } from './nonce-cache.js'
import type { PageLocation } from './page-location.js'
import { createPageSession, type PageSessionOptions } from './page-session.js'
import { createProofKey } from './proof-key.js'
import { parseResourceServers, type ResourceServer } from './resource-server.js'
import { askSession, type SessionState } from './session.js'
import type { Login } from './step-up.js'
import { joinTabs } from './tabs.js'
import type { Observe, TmbEvent, TmbEventMap } from './tmb-event.js'
import { createTokenEndpoint } from './token-endpoint.js'

export interface TmbOptions {
  /** The APIs that this page may call with tokens: all others are refused. */
  readonly resourceServers: readonly (string | ResourceServer)[]
  /** Where the backend is mounted. Default: `/bff`, on the page's own origin. */
  readonly backendUrl?: string
  /** The origin of the sign-in page. When given, the page goes to no other. */
  readonly authorizationServer?: string
  /** What an RFC 9470 challenge does. Default: `error`, a `step_up_required` with `login()`. */
  readonly stepUp?: 'error' | 'navigate'
  /** For a key that is yet to be made. Default: ES256, which every browser and API knows. */
  readonly algorithm?: 'ES256' | 'Ed25519'
  /** Default: the one of the moment when this object is made. */
  readonly fetch?: typeof fetch
  readonly clock?: Clock
  readonly location?: PageLocation
  readonly onEvent?: (event: TmbEvent) => void
}

export interface AuthorizeRequest {
  readonly method: string
  readonly url: string | URL
  /** The `DPoP-Nonce` of the API's last answer, when the page saw one. */
  readonly nonce?: string
}

/** A page's way to its backend and its APIs. Every error of its own is a {@link TmbError}. */
export interface Tmb {
  /**
   * Whether there is a session, and whether its tokens are for the key that this browser holds.
   *
   * @throws {@link TmbError} `key_store_unavailable` - this browser cannot keep a key.
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
   * @throws {@link TmbError} when the backend could not be told: its session may live on, keyless.
   */
  logout(options?: LogoutOptions): Promise<void>
  /**
   * `fetch`, with an access token and a proof of its own for each request that leaves.
   *
   * Retries once for a nonce and once for a token that was not accepted; never after a failure of
   * the network. Redirects are errors, and no cookies go along.
   */
  fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response>
  /** The two headers for one request that something else than `fetch` will send. */
  authorize(request: AuthorizeRequest): Promise<Authorization>
  /** Takes a fresh access token from the authorization server, for every resource server. */
  renew(): Promise<void>
  /** Listens until the returned function is called. */
  on<Name extends keyof TmbEventMap>(
    name: Name,
    listener: (detail: TmbEventMap[Name]) => void,
  ): () => void
  /** Stops listening to other tabs and to the page's own coming and going. */
  close(): void
}

/**
 * Makes a page's one `Tmb`. Nothing is asked or stored before it is used.
 *
 * `fetch` is taken at this moment, so that a script that replaces it later sees no token. That stops
 * no hostile script in the page: it can call this object as the page does.
 *
 * @throws {TypeError} when `resourceServers` holds anything but https (or loopback) origins.
 * @example
 * const tmb = createTmb({ resourceServers: ['https://api.example'] })
 * if ((await tmb.session()).kind !== 'active') await tmb.login()
 * const orders = await tmb.fetch('https://api.example/orders')
 */
export function createTmb(options: TmbOptions): Tmb {
  const { clock = systemClock, fetch = globalThis.fetch, location = globalThis.location } = options
  const { authorizationServer, onEvent } = options
  const resourceServers = parseResourceServers(options.resourceServers)
  const backendUrl = resolve(options.backendUrl ?? '/bff', location)
  const name = `tmb-kit ${backendUrl}`

  const target = new EventTarget()
  const emit: PageSessionOptions['emit'] = (type, detail) =>
    void target.dispatchEvent(new CustomEvent(type, { detail }))
  const observe: Observe = (event) => {
    if (onEvent !== undefined) queueMicrotask(() => onEvent(event))
  }
  const login: Login = async (wanted) =>
    signIn({ call, proofKey, page, observe, location, authorizationServer }, wanted)

  const nonces = createNonceCache()
  const backendClock = createBackendClock(clock)
  const { now } = backendClock
  const page = createPageSession({
    emit,
    observe,
    forget: () => {
      tokens.forget()
      nonces.forget()
    },
  })
  const tabs = joinTabs(name, ({ ended, jkt, user }) => {
    if (ended === true) {
      page.end('logout')
      proofKey.forget()
    }
    if (jkt !== undefined) proofKey.forget(jkt)
    if (user !== undefined) page.compare(user)
  })
  const proofKey = createProofKey({
    store: indexedDbKeyStore(name),
    algorithm: options.algorithm ?? 'ES256',
    now,
    observe,
    onCreated: (jkt) => tabs.tell({ jkt }),
    onReplaced: (jkt) => {
      page.reset()
      emit('keyreplaced', { jkt })
    },
  })
  const call = createBackend({
    ...{ backendUrl, fetch, clock, backendClock, nonces, proofKey, observe, login },
  })
  const tokenEndpoint = createTokenEndpoint({ call, authorizationServer })
  const tokens = createAccessTokens({ call, now, proofKey, tokenEndpoint, page, observe })
  const bound = createBoundFetch({
    ...{ fetch, resourceServers, tokens, nonces, page, observe, login },
    navigateToStepUp: options.stepUp === 'navigate',
  })
  const session = async (): Promise<SessionState> =>
    askSession({
      ...{ call, proofKey, tokens, tokenEndpoint, page },
      resourceServer: resourceServers[0],
      tellUser: (user) => tabs.tell({ user }),
    })

  return {
    session,
    login,
    logout: async (wanted) => signOut({ call, proofKey, page, tabs, location }, wanted),
    fetch: async (input, init) => bound.fetch(new Request(input, init)),
    authorize: async ({ method, url, nonce }) =>
      bound.authorize(new Request(url, { method }), nonce),
    renew: async () => void (await Promise.all(resourceServers.map(tokens.renew))),
    on: (type, listener) => {
      const handle = (event: Event): void => {
        listener((event as CustomEvent<never>).detail)
      }
      target.addEventListener(type, handle)
      return () => target.removeEventListener(type, handle)
    },
    close: () => {
      tabs.close()
    },
  }
}

/** Without a page, as in a server's rendering, an address stays as it was given. */
function resolve(address: string, location: Partial<PageLocation> | undefined): string {
  return new URL(address, location?.href).href.replace(/\/$/, '')
}
