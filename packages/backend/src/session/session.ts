import { isJsonObject, parseJkt, type Jkt, type JsonObject } from '@tmb-kit/core'
import { isPackedToken, packToken, unpackToken } from './packed-token.js'

/** What the backend knows of a signed-in browser. */
export interface Session {
  /** Names the session in events and in this process's memory. It opens nothing. */
  readonly id: string
  /** Grows with every refresh, so that the newer of two copies is known. */
  readonly version: number
  /** The thumbprint that the session was opened with. It mints tokens for no other. */
  readonly jkt: Jkt
  readonly subject: string
  /** The `sid` of the ID token: the session at the authorization server. */
  readonly sid: string | undefined
  /** The ID-token claims that the operator listed. */
  readonly claims: JsonObject
  /** What the user granted, space-delimited. */
  readonly scope: string
  readonly refreshToken: string | undefined
  /** NumericDate. */
  readonly createdAt: number
  /** NumericDate of the login or of the latest refresh. */
  readonly usedAt: number
}

/** How long a session may live. */
export interface SessionLimits {
  /** Seconds since the last refresh. */
  readonly idleSeconds: number
  /** Seconds since the login. */
  readonly absoluteSeconds: number
}

/** The NumericDate at which a session is over. */
export function expiryOf(session: Session, limits: SessionLimits): number {
  return Math.min(session.createdAt + limits.absoluteSeconds, session.usedAt + limits.idleSeconds)
}

/** Short names, since a cookie has room for 4 kB. */
export function encodeSession(session: Session): JsonObject {
  const { id, version, jkt, subject, sid, claims, scope, refreshToken, createdAt, usedAt } = session
  return {
    i: id,
    v: version,
    k: jkt,
    // Most pages see it as a claim: then it need not be there twice.
    u: claims['sub'] === subject ? undefined : subject,
    s: sid,
    c: claims,
    o: scope,
    r: refreshToken === undefined ? undefined : packToken(refreshToken),
    b: createdAt,
    a: usedAt,
  }
}

/** @returns `undefined` when the value is of another release's shape: then there is no session. */
export function parseSession(value: JsonObject): Session | undefined {
  const { i: id, v: version, s: sid, c: claims, o: scope, r: packed } = value
  const { b: createdAt, a: usedAt } = value
  const jkt = parseJkt(value['k'])
  const subject = value['u'] ?? (isJsonObject(claims) ? claims['sub'] : undefined)
  const valid =
    typeof id === 'string' &&
    typeof version === 'number' &&
    jkt !== undefined &&
    typeof subject === 'string' &&
    isTextOrAbsent(sid) &&
    isJsonObject(claims) &&
    typeof scope === 'string' &&
    (packed === undefined || isPackedToken(packed)) &&
    typeof createdAt === 'number' &&
    typeof usedAt === 'number'
  if (!valid) return undefined

  return {
    ...{ id, version, jkt, subject, sid, claims, scope, createdAt, usedAt },
    // Every request opens a session, and few of them refresh it.
    get refreshToken() {
      return packed === undefined ? undefined : unpackToken(packed)
    },
  }
}

function isTextOrAbsent(value: unknown): value is string | undefined {
  return value === undefined || typeof value === 'string'
}
