import type { Clock, JsonObject } from '@tmb-kit/core'
import type { AccessToken } from './access-token.js'
import type { ProofSigner } from './proof-signer.js'
import type { ResourceServer } from './resource-server.js'
import type { TmbErrorDetails } from './tmb-error.js'
import type { TmbEventName } from './tmb-event.js'

/** Where the page is, and how it goes elsewhere: `window.location`. */
export type PageLocation = Pick<Location, 'href' | 'assign'>

/** Calls one endpoint of the backend, and gives its JSON. */
export type CallBackend = (endpoint: string, content?: JsonObject) => Promise<JsonObject>

/** Takes what the kit hands it, which is less than `fetch` would. */
export type Send = (url: string, init: BackendRequest) => Promise<Response>

export interface BackendRequest extends RequestInit {
  readonly method: string
  readonly headers: Readonly<Record<string, string>>
}

/** What this package takes of WebCrypto. */
export interface PageCrypto {
  readonly subtle: Pick<SubtleCrypto, 'digest' | 'exportKey' | 'generateKey' | 'sign'>
  readonly randomUUID: Crypto['randomUUID']
}

/**
 * One page: how it was configured, and what it has learned. None of it is ever stored.
 *
 * The functions in it are what the parts of a page wrap, each around the one that was there before.
 */
export interface Page {
  readonly backendUrl: string
  readonly resourceServers: readonly ResourceServer[]
  readonly authorizationServer?: string
  readonly location: PageLocation
  /** NumericDate in whole seconds, as near to the backend's as is known. */
  clock: Clock
  crypto: PageCrypto
  /** Sends a signed request to an API. */
  fetch: (request: Request) => Promise<Response>
  /** Sends a request to the backend. */
  send: Send
  call: CallBackend
  generateKey: () => Promise<CryptoKeyPair>
  /** Learns from any answer of the backend, and says what an error that it leads to shall hold. */
  learn?: (answer: JsonObject, response: Response) => TmbErrorDetails | undefined
  /** Tells whoever listens. */
  tell?: (name: TmbEventName) => void
  /** The other tabs of this application. */
  tabs?: Pick<BroadcastChannel, 'postMessage'>

  proofKey?: Promise<ProofSigner> | undefined
  /** The store had no usable key, and no look at the session since has said that none was needed. */
  hasNewKey?: boolean
  /** Replaced whole when the session ends: whoever began with another one is late. */
  accessTokens: Map<ResourceServer, Promise<AccessToken>>
  /**
   * Whether a session has been seen, and not its end. `false` once the user has signed out, or
   * another one has signed in: nothing is signed then until the page has asked for the session again.
   */
  isSignedIn?: boolean | undefined
}

/** Something that a page can do beside holding the key, looking at the session, and calling APIs. */
export type PagePart = (page: Page) => void

/**
 * Forgets what belongs to the session, and tells the page once.
 *
 * @param isSignedIn `false`: nothing is signed until the page has looked at the session again.
 */
export function endSession(page: Page, isSignedIn?: false): void {
  const wasSignedIn = page.isSignedIn
  page.isSignedIn = isSignedIn
  page.proofKey = undefined
  page.accessTokens = new Map()
  if (wasSignedIn) page.tell?.('sessionended')
}

/** Whether a refusal of the backend means that nobody is signed in. */
export function isSignedOut(code: unknown): boolean {
  return code === 'no_session' || code === 'login_required'
}
