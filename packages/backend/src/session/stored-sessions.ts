import { hmacNonceSource } from '@tmb-kit/core'
import { createBoundedMap } from '../bounded-map.js'
import { assertKnownOptions, assertPositiveSeconds } from '../option-checks.js'
import { randomText } from '../random.js'
import { guardStore } from './guarded-store.js'
import { createSealer } from './seal.js'
import { labelOf, openRecord, parseSessionId, sealRecord } from './session-record.js'
import type { SessionAddress, SessionRecord } from './session-record.js'
import { expiryOf, type Session, type SessionLimits } from './session.js'
import type { SessionRow, SessionStore } from './session-store.js'
import type {
  OpenSession,
  SessionEnvironment,
  Sessions,
  SessionSelector,
  SessionStrategy,
} from './sessions.js'
import { createStoredRefresh, type StoredRefresh } from './stored-refresh.js'

export interface StoredSessionsOptions {
  readonly store: SessionStore
  /** Strings of 32 bytes or more, the newest first: for the other cookies, and to find users by. */
  readonly secrets: readonly string[]
  /** A session ends this long after its last refresh. Default: 8 hours, a working day. */
  readonly idleSeconds?: number
  /** A session ends this long after its login. Default: 24 hours. */
  readonly absoluteSeconds?: number
}

/** Sessions that can be found by whom they belong to. */
export interface StoredSessions extends SessionStrategy {
  /** The names of the living sessions of a user, a `sid` or a jkt. */
  list(selector: SessionSelector): Promise<readonly string[]>
  /** Ends them, in every process. @returns how many there were. */
  revoke(selector: SessionSelector): Promise<number>
}

/**
 * Sessions in a store that all processes share: revoked at once, refreshed once across processes.
 * The cookie holds an opaque 256-bit identifier; its row is found by a hash of it, and encrypted with
 * a key that is derived from it, so a stolen store is of no use.
 *
 * @throws {TypeError} for a missing store, a missing or short secret, an unknown option.
 */
export function storedSessions(options: StoredSessionsOptions): StoredSessions {
  const names = ['store', 'secrets', 'idleSeconds', 'absoluteSeconds']
  assertKnownOptions('storedSessions', options, names)
  const { secrets, idleSeconds = 8 * 3600, absoluteSeconds = 24 * 3600 } = options
  if (typeof (options.store as Partial<SessionStore> | undefined)?.find !== 'function') {
    throw new TypeError('storedSessions: store is missing, give memorySessionStore() or your own')
  }
  const sealer = createSealer(secrets)
  assertPositiveSeconds('idleSeconds', idleSeconds)
  assertPositiveSeconds('absoluteSeconds', absoluteSeconds)

  const store = guardStore(options.store)
  const limits: SessionLimits = { idleSeconds, absoluteSeconds }
  const find = async (selector: SessionSelector): Promise<readonly SessionRow[]> => {
    const [[kind, value] = []] = Object.entries(selector) as ['jkt' | 'sid' | 'subject', string][]
    if (kind === undefined || value === undefined) return []
    const labels = await Promise.all(secrets.map(async (secret) => labelOf(kind, value, secret)))
    return (await Promise.all(labels.map(async (label) => store.findByLabel(label)))).flat()
  }
  const revoke = async (selector: SessionSelector): Promise<readonly string[]> => {
    const ids = (await find(selector)).map(({ id }) => id)
    const ended = await Promise.all(ids.map(async (id) => ((await store.delete(id)) ? [id] : [])))
    return ended.flat()
  }

  // The backends of this process that live on these sessions: they tell their open pages.
  const environments: SessionEnvironment[] = []

  return {
    list: async (selector) => (await find(selector)).map(({ id }) => id),
    revoke: async (selector) => {
      const ended = await revoke(selector)
      for (const session of ended) {
        for (const { onEvent } of environments) {
          onEvent({ type: 'session_ended', session, reason: 'revoked' })
        }
      }
      return ended.length
    },
    create: (environment) => {
      environments.push(environment)
      const context = { ...environment, store, limits, secret: secrets[0] ?? '' }
      return {
        sealer,
        nonceSource: hmacNonceSource({ secrets, clock: environment.clock }),
        ...createStoredSessions({ ...context, refresh: createStoredRefresh(context) }),
        backchannel: {
          wasSeen: async (name) => store.isMarked(name),
          markSeen: async (name, expiresAt) => store.mark(name, expiresAt),
          endMatching: async (selector, reason) => {
            const ended = await revoke(selector)
            for (const session of ended) {
              environment.onEvent({ type: 'session_ended', session, reason })
            }
          },
        },
      }
    },
  }
}

/** What is kept of a session that is in use: its key, and its row as it was read last. */
interface KnownRow {
  readonly address: SessionAddress
  readonly record: SessionRecord
  readonly sealed: string
  readonly sealedTokens: string | undefined
}

const MAX_KNOWN_ROWS = 1000

interface StoredContext extends SessionEnvironment {
  readonly store: SessionStore
  readonly limits: SessionLimits
  /** The newest, for labels. */
  readonly secret: string
  readonly refresh: StoredRefresh
}

function createStoredSessions(
  context: StoredContext,
): Pick<Sessions, 'begin' | 'endNoted' | 'open'> {
  const { store, limits, clock, secret } = context
  // Whether a session lives, and what it holds, the store says each time; what it says is opened once.
  const knownRows = createBoundedMap<KnownRow>(MAX_KNOWN_ROWS)
  const open: Sessions['open'] = async (cookie) => {
    const known = knownRows.get(cookie, clock())
    const address = known?.address ?? (await parseSessionId(cookie))
    const row = address === undefined ? undefined : await store.find(address.rowId)
    if (address === undefined || row === undefined) return undefined

    const isKnown = known?.sealed === row.sealed && known.sealedTokens === row.tokens?.sealed
    const record = isKnown ? known.record : await openRecord(row, address)
    if (record === undefined || expiryOf(record.session, limits) <= clock()) return undefined

    // Only one that exists: made-up cookies must not push the others out.
    if (!isKnown) {
      const { sealed, tokens, expiresAt } = row
      knownRows.set(cookie, { address, record, sealed, sealedTokens: tokens?.sealed }, expiresAt)
    }
    return openStored({ address, record, cookie }, context)
  }

  return {
    open,
    begin: async (session, first) => {
      const cookie = randomText()
      const address = await parseSessionId(cookie)
      if (address === undefined) throw new TypeError('an identifier of 256 bits is one')

      const named: Session = { ...session, id: address.rowId }
      const { version } = named
      const tokens = new Map(
        first === undefined ? [] : [[first.name, { accessToken: first.accessToken, version }]],
      )
      await store.insert({
        id: address.rowId,
        version,
        labels: await labelsOf(named, secret),
        expiresAt: expiryOf(named, limits),
        ...(await sealRecord({ session: named, tokens }, address)),
      })
      const expiresAt = named.createdAt + limits.absoluteSeconds
      return { id: named.id, cookie: { value: cookie, expiresAt } }
    },
    endNoted: async (cookie, reason) => {
      await (await open(cookie))?.end(reason)
    },
  }
}

async function labelsOf(
  { subject, sid, jkt }: Session,
  secret: string,
): Promise<readonly string[]> {
  return Promise.all([
    labelOf('subject', subject, secret),
    labelOf('jkt', jkt, secret),
    ...(sid === undefined ? [] : [labelOf('sid', sid, secret)]),
  ])
}

interface OpenedRow {
  readonly address: SessionAddress
  readonly record: SessionRecord
  readonly cookie: string
}

function openStored({ address, record, cookie }: OpenedRow, context: StoredContext): OpenSession {
  const { store, limits, clock, onEvent, refresh } = context
  const { session, tokens } = record
  const { rowId } = address

  return {
    session,
    expiresAt: expiryOf(session, limits),
    isHalfIdle: clock() - session.usedAt > limits.idleSeconds / 2,
    cookie: undefined,
    note: cookie,
    findAccessToken: (name) => {
      const issued = tokens.get(name)
      return issued === undefined ? undefined : { accessToken: issued.accessToken, isNews: false }
    },
    refresh: async (name, plan) => refresh({ address, opened: session, name, plan }),
    end: async (reason) => {
      // The newest refresh token is to be revoked, not the one that this request saw.
      const row = await store.find(rowId)
      const newest = row === undefined ? undefined : await openRecord(row, address)
      if (await store.delete(rowId)) onEvent({ type: 'session_ended', session: rowId, reason })
      return newest?.session ?? session
    },
  }
}
