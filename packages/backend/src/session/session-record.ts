import {
  computeSha256,
  encodeBase64url,
  isJsonObject,
  parseBase64url,
  parseJkt,
  type JsonObject,
} from '@tmb-kit/core'
import type { IssuedToken } from './session-memory.js'
import { createSealer, type SealContext, type Sealer } from './seal.js'
import type { SessionRow } from './session-store.js'
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

// 128 bits tell apart as many sessions and users as there will be. A row's name stands in four places, and
// says nothing of the 256 bits that it was computed from.
const ROW_ID_LENGTH = 22
const LABEL_OCTETS = 16

/** @returns `undefined` for a cookie that holds no identifier of ours. */
export async function parseSessionId(cookie: string): Promise<SessionAddress | undefined> {
  if (parseBase64url(cookie)?.length !== 32) return undefined

  return {
    rowId: (await computeSha256(`tmb-kit session row ${cookie}`)).slice(0, ROW_ID_LENGTH),
    sealer: createSealer([cookie]),
  }
}

/** The sealed parts of a row. */
export type SealedRecord = Pick<SessionRow, 'sealed' | 'tokens'>

export async function sealRecord(
  { session, tokens }: SessionRecord,
  { sealer, rowId }: SessionAddress,
): Promise<SealedRecord> {
  // The row's own name need not be in it.
  const encoded = { ...encodeSession(session), i: undefined }
  const sealed = await sealer.seal(encoded, { purpose: 'session', name: rowId })
  if (tokens.size === 0) return { sealed }

  const value = [...tokens].map(([name, { accessToken, version }]) => [
    name,
    { ...accessToken, version },
  ])
  return {
    sealed,
    tokens: {
      sealed: await sealer.seal(Object.fromEntries(value) as JsonObject, tokensOf(rowId)),
      expiresAt: Math.max(...[...tokens.values()].map(({ accessToken }) => accessToken.expiresAt)),
    },
  }
}

export async function openRecord(
  row: SealedRecord,
  { sealer, rowId }: SessionAddress,
): Promise<SessionRecord | undefined> {
  const encoded = await sealer.open(row.sealed, { purpose: 'session', name: rowId })
  const session = encoded === undefined ? undefined : parseSession({ ...encoded, i: rowId })
  if (session === undefined) return undefined

  const { tokens: kept } = row
  const tokens = kept === undefined ? {} : await sealer.open(kept.sealed, tokensOf(rowId))
  const issued = Object.entries(tokens ?? {}).map(
    ([name, token]) => [name, parseToken(token)] as const,
  )
  const valid = issued.filter(
    (entry): entry is readonly [string, IssuedToken] => entry[1] !== undefined,
  )
  return { session, tokens: new Map(valid) }
}

function tokensOf(rowId: string): SealContext {
  return { purpose: 'session', name: `${rowId} tokens` }
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
  const hash = new Uint8Array(await crypto.subtle.sign('HMAC', labelKey, message))
  return encodeBase64url(hash.subarray(0, LABEL_OCTETS))
}
