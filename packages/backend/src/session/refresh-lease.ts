import { randomText } from '../random.js'
import type { SessionStore } from './session-store.js'

/**
 * The right to refresh one session, for as long as its holder shows that it lives.
 *
 * It runs out seconds after its holder has crashed, and not while a call to the authorization server
 * takes its time.
 */
export interface RefreshLease {
  /** Whether somebody had it who did not give it back. */
  readonly isTakenOver: boolean
  /** Asks the store where it is not sure: false when somebody else may have it by now. */
  confirm(): Promise<boolean>
  /** One that cannot be given back runs out. */
  giveBack(): Promise<void>
}

/** A process that was frozen for this long has lost its leases. */
const LEASE_SECONDS = 4

const RENEWAL_MILLISECONDS = 800

/** The store's time and ours begin a little apart: the answer was on its way for as long. */
const SURE_MILLISECONDS = 3000

/** @returns `undefined` while somebody else has it. */
export async function takeLease(
  rowId: string,
  store: SessionStore,
): Promise<RefreshLease | undefined> {
  const holder = randomText()
  let confirmedAt = performance.now()
  const answer = await store.acquireLease(rowId, holder, LEASE_SECONDS)
  if (answer === 'held') return undefined

  const renew = async (): Promise<boolean> => {
    const askedAt = performance.now()
    const isOurs = await store.renewLease(rowId, holder, LEASE_SECONDS)
    if (isOurs) confirmedAt = Math.max(confirmedAt, askedAt)
    return isOurs
  }
  const heartbeat = setInterval(() => {
    // A store that is away for a moment is asked again soon; who relies on the lease asks it.
    void renew().catch(() => undefined)
  }, RENEWAL_MILLISECONDS)

  return {
    isTakenOver: answer === 'taken_over',
    confirm: async () => performance.now() - confirmedAt < SURE_MILLISECONDS || renew(),
    giveBack: async () => {
      clearInterval(heartbeat)
      await store.releaseLease(rowId, holder).catch(() => undefined)
    },
  }
}
