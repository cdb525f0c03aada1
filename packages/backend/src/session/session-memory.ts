import { createBoundedMap } from '../bounded-map.js'
import type { SessionEndReason } from '../events.js'
import type { AccessToken } from '../token/access-token.js'
import { expiryOf, type Session, type SessionLimits } from './session.js'
import type { Refreshed, SessionCookie, SessionEnvironment } from './sessions.js'

/** The newest copy of a session, and the tokens that were issued for it. */
export interface RememberedSession {
  readonly session: Session
  readonly cookie: SessionCookie
  /** By the resource and scope that each was issued for. */
  readonly tokens: ReadonlyMap<string, IssuedToken>
}

/** A token, and the version of the session that it came with. */
export interface IssuedToken {
  readonly accessToken: AccessToken
  readonly version: number
}

/** What this process remembers of sessions whose home is a cookie. Bounded in time and number. */
export interface SessionMemory {
  find(id: string): RememberedSession | undefined
  /** The copy with the higher version: a request may have left before the newer cookie came. */
  newestOf(presented: Session): Session
  /**
   * Keeps a copy for as long as the session can live: the browser may never have got the cookie of
   * the newest one, and an older copy's refresh token may have been used up.
   */
  remember(remembered: RememberedSession): void
  isEnded(id: string): boolean
  /** @returns the newest copy that was remembered. */
  end(id: string, reason: SessionEndReason): Session | undefined
  /** One flight for all callers of the same session and name, one flight at a time for a session. */
  refreshOnce(id: string, name: string, refresh: () => Promise<Refreshed>): Promise<Refreshed>
}

const MAX_SESSIONS = 10_000
const MAX_ENDED_SESSIONS = 100_000
const MAX_TOKENS_OF_SESSION = 32

export function createSessionMemory(
  options: SessionEnvironment & { readonly limits: SessionLimits },
): SessionMemory {
  const { clock, onEvent, limits } = options
  const remembered = createBoundedMap<RememberedSession>(MAX_SESSIONS)
  const ended = createBoundedMap<true>(MAX_ENDED_SESSIONS)
  const flights = new Map<string, Promise<Refreshed>>()
  const lastFlights = new Map<string, Promise<Refreshed>>()
  const isEnded = (id: string): boolean => ended.get(id, clock()) === true

  return {
    find: (id) => remembered.get(id, clock()),
    newestOf: (presented) => {
      const known = remembered.get(presented.id, clock())?.session
      return known !== undefined && known.version > presented.version ? known : presented
    },
    remember: ({ session, cookie, tokens }) => {
      const kept = new Map([...tokens].slice(-MAX_TOKENS_OF_SESSION))
      remembered.set(session.id, { session, cookie, tokens: kept }, expiryOf(session, limits))
    },
    isEnded,
    end: (id, reason) => {
      const known = remembered.get(id, clock())?.session
      remembered.delete(id)
      if (isEnded(id)) return known

      // No copy of the cookie can outlive this.
      ended.set(id, true, clock() + limits.absoluteSeconds)
      onEvent({ type: 'session_ended', session: id, reason })
      return known
    },
    refreshOnce: async (id, name, refresh) => {
      const flightName = `${id} ${name}`
      const running = flights.get(flightName)
      if (running !== undefined) return running

      const flight = afterSettled(lastFlights.get(id)).then(refresh)
      flights.set(flightName, flight)
      lastFlights.set(id, flight)
      const forget = (): void => {
        flights.delete(flightName)
        if (lastFlights.get(id) === flight) lastFlights.delete(id)
      }
      // Its callers may all have gone: a rejection is theirs, and nobody else's.
      flight.then(forget, forget)
      return flight
    },
  }
}

/** Two refreshes of one session would present the same refresh token twice. */
async function afterSettled(flight: Promise<unknown> | undefined): Promise<void> {
  await flight?.catch(() => undefined)
}
