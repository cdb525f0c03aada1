import { hmacNonceSource, type JsonObject, type NonceSource } from '@tmb-kit/core'
import type { SessionEndReason } from '../events.js'
import { assertKnownOptions, assertPositiveSeconds } from '../option-checks.js'
import { SESSION_COOKIE } from '../cookies/cookie-names.js'
import { randomText } from '../random.js'
import { createSealer, type Sealer } from './seal.js'
import {
  encodeSession,
  expiryOf,
  parseSession,
  type Session,
  type SessionLimits,
} from './session.js'
import { createSessionMemory, type IssuedToken, type SessionMemory } from './session-memory.js'
import {
  SessionTooLargeError,
  type OpenSession,
  type Refreshed,
  isMinted,
  type RefreshPlan,
  type SessionCookie,
  type SessionEnvironment,
  type Sessions,
  type SessionStrategy,
} from './sessions.js'

export interface CookieSessionsOptions {
  /** Strings of 32 bytes or more, the newest first: it seals, the others only open. */
  readonly secrets: readonly string[]
  /** A session ends this long after its last refresh. Default: 8 hours, a working day. */
  readonly idleSeconds?: number
  /** A session ends this long after its login. Default: 24 hours. */
  readonly absoluteSeconds?: number
}

/** Chromium and Firefox drop a cookie whose name and value are longer. */
const MAX_COOKIE_OCTETS = 4096

/** A page that is in use sends the same cookie with every call. */
const MAX_OPENED_COOKIES = 1000

/**
 * Sessions that live in an encrypted cookie: nothing to install, any number of instances.
 *
 * Does not end a session in other processes: a copy of the cookie lives there until its limits, and
 * a refresh token that rotates has one owner only while one process serves the session.
 *
 * @throws {TypeError} for a missing or short secret, an unknown option, a limit that is no positive
 *   whole number of seconds.
 */
export function cookieSessions(options: CookieSessionsOptions): SessionStrategy {
  assertKnownOptions('cookieSessions', options, ['secrets', 'idleSeconds', 'absoluteSeconds'])
  const sealer = createSealer(options.secrets, { remembers: MAX_OPENED_COOKIES })
  const { idleSeconds = 8 * 3600, absoluteSeconds = 24 * 3600 } = options
  assertPositiveSeconds('idleSeconds', idleSeconds)
  assertPositiveSeconds('absoluteSeconds', absoluteSeconds)
  return {
    create: (environment) =>
      createCookieSessions({
        ...environment,
        sealer,
        nonceSource: hmacNonceSource({ secrets: options.secrets, clock: environment.clock }),
        limits: { idleSeconds, absoluteSeconds },
      }),
  }
}

interface CookieSessionsContext extends SessionEnvironment {
  readonly sealer: Sealer
  readonly nonceSource: NonceSource
  readonly limits: SessionLimits
}

function createCookieSessions(context: CookieSessionsContext): Sessions {
  const { sealer, nonceSource, limits, clock } = context
  const memory = createSessionMemory(context)
  // The sealer remembers what it opened: what was read from that stays the same, too.
  const parsed = new WeakMap<JsonObject, Session>()
  const parseOnce = (sealed: JsonObject): Session | undefined => {
    const session = parsed.get(sealed) ?? parseSession(sealed)
    if (session !== undefined) parsed.set(sealed, session)
    return session
  }

  return {
    sealer,
    nonceSource,

    begin: async (begun, first) => {
      const session = { ...begun, id: randomText() }
      const cookie = await sealSession(session, context)
      const { version } = session
      const tokens = new Map<string, IssuedToken>()
      if (first !== undefined) tokens.set(first.name, { accessToken: first.accessToken, version })
      memory.remember({ session, cookie, tokens })
      return { id: session.id, cookie }
    },

    open: async (value) => {
      const sealed = await sealer.open(value, { purpose: 'session', name: SESSION_COOKIE })
      const presented = sealed === undefined ? undefined : parseOnce(sealed)
      if (presented === undefined || memory.isEnded(presented.id)) return undefined

      const session = memory.newestOf(presented)
      if (expiryOf(session, limits) <= clock()) return undefined
      return openSession(session, { ...context, memory, presentedVersion: presented.version })
    },

    backchannel: undefined,

    endNoted: async (id, reason) => void memory.end(id, reason),
  }
}

interface OpenContext extends CookieSessionsContext {
  readonly memory: SessionMemory
  readonly presentedVersion: number
}

function openSession(session: Session, context: OpenContext): OpenSession {
  const { memory, limits, clock, presentedVersion } = context
  const { id, version, usedAt } = session

  return {
    session,
    expiresAt: expiryOf(session, limits),
    isHalfIdle: clock() - usedAt > limits.idleSeconds / 2,
    cookie: version > presentedVersion ? memory.find(id)?.cookie : undefined,
    note: id,
    findAccessToken: (name) => {
      const issued = memory.find(id)?.tokens.get(name)
      if (issued === undefined) return undefined
      return { accessToken: issued.accessToken, isNews: issued.version > presentedVersion }
    },
    refresh: async (name, plan) =>
      memory.refreshOnce(id, name, async () => refreshSession(session, name, plan, context)),
    end: async (reason: SessionEndReason) => memory.end(id, reason) ?? session,
  }
}

/** Runs alone for its session, in this process. */
async function refreshSession(
  opened: Session,
  name: string,
  plan: RefreshPlan,
  context: OpenContext,
): Promise<Refreshed> {
  const { memory, clock } = context
  if (memory.isEnded(opened.id)) return { kind: 'ended' }

  const newest = memory.newestOf(opened)
  const minted = await plan.mint(newest)
  // A logout that came while the authorization server was thinking has won.
  if (memory.isEnded(opened.id)) {
    if (isMinted(minted)) await plan.discard(minted)
    return { kind: 'ended' }
  }
  if (!isMinted(minted)) {
    memory.end(opened.id, 'grant_ended')
    return { kind: 'grant_ended' }
  }

  const session: Session = {
    ...newest,
    version: newest.version + 1,
    refreshToken: minted.refreshToken ?? newest.refreshToken,
    usedAt: clock(),
  }
  const cookie = await sealSession(session, context)
  const tokens = new Map(memory.find(session.id)?.tokens)
  const { outcome } = minted
  if (outcome.kind === 'bound') {
    tokens.set(name, { accessToken: outcome.accessToken, version: session.version })
  }
  memory.remember({ session, cookie, tokens })
  return { kind: 'refreshed', outcome, cookie }
}

async function sealSession(
  session: Session,
  { sealer, limits, onEvent }: CookieSessionsContext,
): Promise<SessionCookie> {
  const context = { purpose: 'session', name: SESSION_COOKIE } as const
  const value = await sealer.seal(encodeSession(session), context)
  const octets = SESSION_COOKIE.length + 1 + value.length
  if (octets > MAX_COOKIE_OCTETS) {
    onEvent({ type: 'session_too_large', octets })
    throw new SessionTooLargeError(octets)
  }
  return { value, expiresAt: expiryOf(session, limits) }
}
