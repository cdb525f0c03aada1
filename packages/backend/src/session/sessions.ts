import type { Clock, NonceSource } from '@tmb-kit/core'
import type { EventSink, SessionEndReason } from '../events.js'
import type { AccessToken } from '../token/access-token.js'
import type { Sealer } from './seal.js'
import type { Session } from './session.js'

/** What a refresh brought. */
export interface Minted {
  /** The rotated refresh token; absent when the old one stays good. */
  readonly refreshToken: string | undefined
  /** The token, or why there is none that could be used: then the session lives on without it. */
  readonly outcome: RefreshOutcome
}

export type RefreshOutcome =
  | { readonly kind: 'bound'; readonly accessToken: AccessToken }
  | { readonly kind: 'unusable'; readonly error: 'as_error' | 'binding_not_applied' }

/** The authorization server says that the grant is no more. */
export interface GrantEnded {
  readonly outcome: { readonly kind: 'grant_ended' }
}

/** Whether the grant lives. */
export function isMinted(answer: GrantEnded | Minted): answer is Minted {
  return answer.outcome.kind !== 'grant_ended'
}

/** How to refresh, and what to do with an answer that comes too late. */
export interface RefreshPlan {
  /** Given the newest copy of the session. May reject: then nothing changes. */
  mint(session: Session): Promise<GrantEnded | Minted>
  /** The session was ended while the answer was on its way. */
  discard(minted: Minted): Promise<void>
}

/** What every caller of one refresh gets. */
export type Refreshed =
  | {
      readonly kind: 'refreshed'
      readonly outcome: RefreshOutcome
      /** What the session cookie must hold from now on, where that changed. */
      readonly cookie: SessionCookie | undefined
    }
  /** Somebody ended the session before the answer came. */
  | { readonly kind: 'ended' }
  /** The authorization server ended the grant, and this ended the session. */
  | { readonly kind: 'grant_ended' }

/** A value for the session cookie. */
export interface SessionCookie {
  readonly value: string
  /** NumericDate. */
  readonly expiresAt: number
}

/** A token that was issued before, and not handed out for the last time yet. */
export interface RememberedToken {
  readonly accessToken: AccessToken
  /** Whether it is newer than the cookie, so that whoever sent the cookie cannot have seen it. */
  readonly isNews: boolean
}

/** A session that a cookie opened. */
export interface OpenSession {
  /** The newest copy that is known. */
  readonly session: Session
  /** NumericDate at which it is over when nothing else happens. */
  readonly expiresAt: number
  /** Whether half of the idle time has passed, so that the next use should be noted. */
  readonly isHalfIdle: boolean
  /** What the browser's cookie should hold, where it holds an older copy. */
  readonly cookie: SessionCookie | undefined
  /** What a login transaction keeps, to end this session once the login is through. */
  readonly note: string
  /** @param name The resource and the scope that the token was issued for. */
  findAccessToken(name: string): RememberedToken | undefined
  /**
   * Refreshes once for all callers with the same `name`, and one at a time for each session.
   * Goes on when a caller goes away. An end of the session always wins.
   */
  refresh(name: string, plan: RefreshPlan): Promise<Refreshed>
  /** Ends the session for every copy of its cookie. @returns its newest copy. */
  end(reason: SessionEndReason): Promise<Session>
}

/** A session that has no name yet. */
export type NewSession = Omit<Session, 'id'>

export interface BegunSession {
  /** Names the session in events. */
  readonly id: string
  readonly cookie: SessionCookie
}

/** A token that came with the login. */
export interface FirstAccessToken {
  readonly name: string
  readonly accessToken: AccessToken
}

/** Whose sessions: of a user, of a session at the authorization server, or of a key. */
export type SessionSelector =
  { readonly jkt: string } | { readonly sid: string } | { readonly subject: string }

/** What back-channel logout needs: sessions that are found without their cookies. */
export interface BackchannelSessions {
  /** Whether a logout token was used before. */
  wasSeen(name: string): Promise<boolean>
  /** @returns whether it was new. */
  markSeen(name: string, expiresAt: number): Promise<boolean>
  endMatching(selector: SessionSelector, reason: SessionEndReason): Promise<void>
}

/** Where sessions live. */
export interface Sessions {
  /** Seals the other cookies as well. */
  readonly sealer: Sealer
  /** Makes the backend's own nonces, known to every instance with the same secrets. */
  readonly nonceSource: NonceSource
  /** @throws {SessionTooLargeError} */
  begin(session: NewSession, first: FirstAccessToken | undefined): Promise<BegunSession>
  /** @returns `undefined` for a cookie that is not ours, and a session that is over. */
  open(cookie: string): Promise<OpenSession | undefined>
  /** Absent where sessions can be found by their cookies alone. */
  readonly backchannel: BackchannelSessions | undefined
  /** Ends the session of a {@link OpenSession.note}, if it lives. */
  endNoted(note: string, reason: SessionEndReason): Promise<void>
}

/** What sessions need from the backend. */
export interface SessionEnvironment {
  readonly clock: Clock
  readonly onEvent: EventSink
}

/** Made by `cookieSessions()`: one of it may serve several backends. */
export interface SessionStrategy {
  /** @internal */
  create(environment: SessionEnvironment): Sessions
}

/** The sealed session does not fit into a cookie: the refresh token or the claims are too long. */
export class SessionTooLargeError extends Error {
  override readonly name: string = 'SessionTooLargeError'
  readonly code = 'session_too_large'
  readonly octets: number

  constructor(octets: number) {
    super(
      `the session cookie would take ${octets} bytes, and browsers keep 4096: list fewer claims`,
    )
    this.octets = octets
  }
}
