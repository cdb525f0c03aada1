import { isFresh } from '../token/access-token.js'
import { SessionStoreError } from './guarded-store.js'
import { takeLease, type RefreshLease } from './refresh-lease.js'
import {
  openRecord,
  sealRecord,
  type SessionAddress,
  type SessionRecord,
} from './session-record.js'
import type { SessionRow, SessionStore } from './session-store.js'
import { expiryOf, type Session, type SessionLimits } from './session.js'
import {
  isMinted,
  type Minted,
  type Refreshed,
  type RefreshPlan,
  type SessionEnvironment,
} from './sessions.js'

/** One refresh of a stored session. */
export interface StoredRefreshCall {
  readonly address: SessionAddress
  /** The session as the request saw it. */
  readonly opened: Session
  readonly name: string
  readonly plan: RefreshPlan
}

export type StoredRefresh = (call: StoredRefreshCall) => Promise<Refreshed>

interface RefreshContext extends SessionEnvironment {
  readonly store: SessionStore
  readonly limits: SessionLimits
}

/** How long a call waits for another process. Its caller has gone long before. */
const PATIENCE_MILLISECONDS = 60_000

const POLL_MILLISECONDS = 50

/**
 * A holder that did not give its lease back may live on, cut off from the store for a while: this long
 * it has to write what it got. It tries twice a second, and drivers connect again within two.
 */
const GRACE_MILLISECONDS = 3000

/** With the pauses between them two minutes: a store is restarted in less. */
const WRITE_ATTEMPTS = 240
const LONGEST_PAUSE_MILLISECONDS = 500
const MAX_TOKENS = 16

/**
 * Refreshes once for all callers, in this process and in others: one flight here, one lease in the
 * store. Who does not get the lease reads again until the answer is there, and clears nothing.
 *
 * Does not survive a crash between the authorization server's answer and the write: a server that
 * rotates refresh tokens has then spent the one that is stored. The same goes for a process that is
 * frozen for seven seconds between the two: others cannot tell it from one that has crashed.
 */
export function createStoredRefresh(context: RefreshContext): StoredRefresh {
  const flights = new Map<string, Promise<Refreshed>>()

  return async (call) => {
    const flightName = `${call.address.rowId} ${call.name}`
    const flight = flights.get(flightName) ?? refreshAcrossProcesses(call, context)
    if (!flights.has(flightName)) {
      flights.set(flightName, flight)
      const forget = (): void => void flights.delete(flightName)
      // Its callers may all have gone: a rejection is theirs, and nobody else's.
      flight.then(forget, forget)
    }
    return flight
  }
}

async function refreshAcrossProcesses(
  call: StoredRefreshCall,
  context: RefreshContext,
): Promise<Refreshed> {
  const { store } = context
  const { address } = call
  const end = performance.now() + PATIENCE_MILLISECONDS
  while (performance.now() < end) {
    const settled = await findSettled(call, context)
    if (settled !== undefined) return settled

    const lease = await takeLease(address.rowId, store)
    if (lease !== undefined) {
      try {
        if (lease.isTakenOver) await waitForPreviousHolder(address, store)
        const refreshed =
          (await findSettled(call, context)) ?? (await refreshHoldingLease(call, lease, context))
        if (refreshed !== undefined) return refreshed
      } finally {
        await lease.giveBack()
      }
    }
    await pause(POLL_MILLISECONDS)
  }
  throw new SessionStoreError()
}

async function waitForPreviousHolder({ rowId }: SessionAddress, store: SessionStore) {
  const before = (await store.find(rowId))?.version
  const end = performance.now() + GRACE_MILLISECONDS
  while (performance.now() < end) {
    await pause(POLL_MILLISECONDS)
    if ((await store.find(rowId))?.version !== before) return
  }
}

/** The session is over, or somebody else's refresh brought the token after this request began. */
async function findSettled(
  { address, opened, name }: StoredRefreshCall,
  { store, clock }: RefreshContext,
): Promise<Refreshed | undefined> {
  const current = await readRow(address, store)
  if (current === undefined) return { kind: 'ended' }

  const issued = current.record.tokens.get(name)
  if (issued === undefined || issued.version <= opened.version) return undefined
  if (!isFresh(issued.accessToken, clock())) return undefined
  const { accessToken } = issued
  return { kind: 'refreshed', outcome: { kind: 'bound', accessToken }, cookie: undefined }
}

/** @returns `undefined` when the lease was lost before anything was sent. */
async function refreshHoldingLease(
  call: StoredRefreshCall,
  lease: RefreshLease,
  context: RefreshContext,
): Promise<Refreshed | undefined> {
  const { address, name, plan } = call
  const { store, limits, clock, onEvent } = context
  const current = await readRow(address, store)
  if (current === undefined) return { kind: 'ended' }
  // Read first, then confirmed: nobody else has presented this refresh token.
  if (!(await lease.confirm())) return undefined

  const minted = await plan.mint(current.record.session)
  if (!isMinted(minted)) {
    if (!(await store.delete(address.rowId))) return { kind: 'ended' }
    onEvent({ type: 'session_ended', session: address.rowId, reason: 'grant_ended' })
    return { kind: 'grant_ended' }
  }

  const record = renew(current.record, { minted, name, now: clock() })
  const { id, labels } = current.row
  const row: SessionRow = {
    id,
    labels,
    version: record.session.version,
    expiresAt: expiryOf(record.session, limits),
    ...(await sealRecord(record, address)),
  }
  if (await write(row, store)) {
    return { kind: 'refreshed', outcome: minted.outcome, cookie: undefined }
  }
  if ((await readRow(address, store)) !== undefined) {
    // The lease ended before we did, and somebody else refreshed: our token is as good as theirs.
    return { kind: 'refreshed', outcome: minted.outcome, cookie: undefined }
  }
  // A logout has won, in this process or another.
  await plan.discard(minted)
  return { kind: 'ended' }
}

/**
 * The rotated refresh token is in no other place: a store that is away is asked until it is back. Who
 * asked for the token waits no longer than a call may last, and somebody else's write is never undone.
 */
async function write(row: SessionRow, store: SessionStore): Promise<boolean> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return (await store.replace(row)) || (await isWritten(row, store))
    } catch (error) {
      if (attempt === WRITE_ATTEMPTS) throw error
      await pause(Math.min(POLL_MILLISECONDS * 2 ** attempt, LONGEST_PAUSE_MILLISECONDS))
    }
  }
}

/** A write whose answer was lost has happened all the same. */
async function isWritten({ id, sealed }: SessionRow, store: SessionStore): Promise<boolean> {
  return (await store.find(id))?.sealed === sealed
}

async function readRow(
  address: SessionAddress,
  store: SessionStore,
): Promise<{ readonly row: SessionRow; readonly record: SessionRecord } | undefined> {
  const row = await store.find(address.rowId)
  const record = row === undefined ? undefined : await openRecord(row, address)
  return row === undefined || record === undefined ? undefined : { row, record }
}

function renew(
  { session, tokens }: SessionRecord,
  { minted, name, now }: { readonly minted: Minted; readonly name: string; readonly now: number },
): SessionRecord {
  const version = session.version + 1
  const living = [...tokens].filter(
    ([other, { accessToken }]) => other !== name && accessToken.expiresAt > now,
  )
  const { outcome } = minted
  const issued =
    outcome.kind === 'bound' ? [[name, { accessToken: outcome.accessToken, version }] as const] : []
  return {
    session: {
      ...session,
      version,
      refreshToken: minted.refreshToken ?? session.refreshToken,
      usedAt: now,
    },
    tokens: new Map([...living, ...issued].slice(-MAX_TOKENS)),
  }
}

async function pause(milliseconds: number): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, milliseconds))
}
