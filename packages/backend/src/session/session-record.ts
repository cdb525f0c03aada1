import {
  computeSha256,
  encodeBase64url,
  isJsonObject,
  parseBase64url,
  parseJkt,
  type JsonObject,
} from '@tmb-kit/core'
import type { IssuedToken } from './session-memory.js'
import { createSealer, type Sealer } from './seal.js'
import { encodeSession, parseSession, type Session } from './session.js'

/** What a row holds once it is opened. */
export interface SessionRecord {
  readonly session: Session
  readonly tokens: ReadonlyMap<string, IssuedToken>
}

/** The two things that follow from the identifier in the cookie: where its row is, and its key. */
export interface SessionAddress {
  readonly rowId: string
  readonly sealer: Sealer
}

/** @returns `undefined` for a cookie that holds no identifier of ours. */
export async function parseSessionId(cookie: string): Promise<SessionAddress | undefined> {
  if (parseBase64url(cookie)?.length !== 32) return undefined

  return {
    rowId: await computeSha256(`tmb-kit session row ${cookie}`),
    // The row as it was read last: it is written once in a few minutes, and read with every call.
    sealer: createSealer([cookie], { remembers: 1 }),
  }
}

export async function sealRecord(
  { session, tokens }: SessionRecord,
  { sealer, rowId }: SessionAddress,
): Promise<string> {
  const encoded = [...tokens].map(([name, { accessToken, version }]) => [
    name,
    { ...accessToken, version },
  ])
  const value = {
    session: encodeSession(session),
    tokens: Object.fromEntries(encoded) as JsonObject,
  }
  return sealer.seal(value, { purpose: 'session', name: rowId })
}

export async function openRecord(
  sealed: string,
  { sealer, rowId }: SessionAddress,
): Promise<SessionRecord | undefined> {
  const value = await sealer.open(sealed, { purpose: 'session', name: rowId })
  const encoded = value?.['session']
  const session = isJsonObject(encoded) ? parseSession(encoded) : undefined
  const tokens = value?.['tokens']
  if (session === undefined || !isJsonObject(tokens)) return undefined

  const issued = Object.entries(tokens).map(([name, token]) => [name, parseToken(token)] as const)
  const valid = issued.filter(
    (entry): entry is readonly [string, IssuedToken] => entry[1] !== undefined,
  )
  return { session, tokens: new Map(valid) }
}

function parseToken(token: unknown): IssuedToken | undefined {
  if (!isJsonObject(token)) return undefined

  const { accessToken, resource, scope, expiresAt, version } = token
  const jkt = parseJkt(token['jkt'])
  const valid =
    typeof accessToken === 'string' &&
    jkt !== undefined &&
    typeof resource === 'string' &&
    typeof scope === 'string' &&
    typeof expiresAt === 'number' &&
    typeof version === 'number'
  return valid
    ? { accessToken: { accessToken, jkt, resource, scope, expiresAt }, version }
    : undefined
}

/** Finds sessions without telling the store of whom: a keyed hash of what they are looked up by. */
export async function labelOf(
  kind: 'jkt' | 'sid' | 'subject',
  value: string,
  secret: string,
): Promise<string> {
  const encoder = new TextEncoder()
  const parameters = { name: 'HMAC', hash: 'SHA-256' }
  const octets = encoder.encode(secret)
  const labelKey = await crypto.subtle.importKey('raw', octets, parameters, false, ['sign'])
  const message = encoder.encode(`tmb-kit session label ${kind} ${value}`)
  return encodeBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', labelKey, message)))
}
