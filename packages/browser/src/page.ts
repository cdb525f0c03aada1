import type { Clock, JsonObject } from '@tmb-kit/core'
import type { AccessToken } from './access-token.js'
import type { ProofSigner } from './proof-signer.js'
import type { ResourceServer } from './resource-server.js'
import type { TmbError } from './tmb-error.js'
import type { TmbEvent, TmbEventName } from './tmb-event.js'

/** Where the page is, and how it goes elsewhere: `window.location`. */
export type PageLocation = Pick<Location, 'href' | 'assign'>

/** One page: how it was configured, and what it has learned. None of it is ever stored. */
export interface Page {
  readonly backendUrl: string
  readonly resourceServers: readonly ResourceServer[]
  readonly authorizationServer?: string
  readonly tokenEndpoint?: string
  readonly stepUp?: 'error' | 'navigate' | 'answer'
  readonly fetch: typeof fetch
  /** The backend's time. */
  readonly clock: Clock
  /** What this machine's clock lacks. */
  offsetSeconds: number
  readonly location: PageLocation
  readonly onEvent?: (event: TmbEvent) => void
  /** Where `tmb.on` listens. */
  readonly events: EventTarget
  /** The other tabs of this application. They hear what to tell their pages: nothing is a sign-out. */
  tabs?: BroadcastChannel

  proofKey?: Promise<ProofSigner> | undefined
  /** The store had no usable key, and no look at the session since has said that none was needed. */
  hasNewKey?: boolean
  /** Replaced whole when the session ends: whoever began with another one is late. */
  accessTokens: Map<ResourceServer, Promise<AccessToken>>
  /** The newest nonce of each resource server, by origin; RFC 9449 section 8.2. */
  nonces: Map<string, string>
  /** The backend's own, which may share its origin with an API. */
  backendNonce?: string | undefined
  /** Takes over what an answer of the backend says of the authorization server. */
  learn?: (answer: JsonObject) => void
  /** Asks for a token with a proof for the token endpoint, as often as one is demanded anew. */
  handOff?: (
    signer: ProofSigner,
    ask: (proof: string | undefined) => Promise<JsonObject>,
  ) => Promise<JsonObject>
  /** Ends the wait of a sign-in, and says what went wrong. */
  redeem?: () => Promise<TmbError | undefined>
  /**
   * Whether a session has been seen, and not its end. `false` once the user has signed out: nothing
   * is signed then until the page has asked for the session again.
   */
  isSignedIn?: boolean | undefined
}

/** Forgets what belongs to the session, and tells the page once. */
export function endSession(page: Page, isSignedIn?: false): void {
  const wasSignedIn = page.isSignedIn
  page.isSignedIn = isSignedIn
  page.proofKey = undefined
  page.accessTokens = new Map()
  page.nonces = new Map()
  if (wasSignedIn) tell(page, 'sessionended')
}

/** Whether a refusal of the backend means that nobody is signed in. */
export function isSignedOut(code: unknown): boolean {
  return code === 'no_session' || code === 'login_required'
}

export function tell(page: Page, name: TmbEventName): void {
  page.events.dispatchEvent(new Event(name))
}
