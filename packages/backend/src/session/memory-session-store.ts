import { systemClock, type Clock } from '@tmb-kit/core'
import type { SessionRow, SessionStore } from './session-store.js'

export interface MemorySessionStoreOptions {
  readonly clock?: Clock
}

/** How long it is known that a lease ran out. */
const LEASE_MEMORY_SECONDS = 60

/** Rows between two looks for those that are over. */
const SWEEP_INTERVAL = 1000

/**
 * A session store in this process's memory: for tests, and for a single instance that may forget.
 *
 * Does not share anything with other processes, and a restart signs everybody out.
 */
export function memorySessionStore(options: MemorySessionStoreOptions = {}): SessionStore {
  const { clock = systemClock } = options
  const rows = new Map<string, SessionRow>()
  const leases = new Map<string, { readonly holder: string; readonly expiresAt: number }>()
  const marks = new Map<string, number>()
  let insertions = 0

  const living = (id: string): SessionRow | undefined => {
    const row = rows.get(id)
    if (row === undefined || row.expiresAt <= clock()) return undefined
    if (row.tokens === undefined || row.tokens.expiresAt > clock()) return row

    const withoutTokens = withoutTokensOf(row)
    rows.set(id, withoutTokens)
    return withoutTokens
  }
  const sweep = (): void => {
    const now = clock()
    for (const [id, { expiresAt }] of rows) if (expiresAt <= now) rows.delete(id)
    for (const [id, { expiresAt }] of leases) {
      if (expiresAt + LEASE_MEMORY_SECONDS <= now) leases.delete(id)
    }
    for (const [name, expiresAt] of marks) if (expiresAt <= now) marks.delete(name)
  }

  return {
    insert: async (row) => {
      insertions += 1
      if (insertions % SWEEP_INTERVAL === 0) sweep()
      rows.set(row.id, row)
    },
    find: async (id) => living(id),
    replace: async (row) => {
      if (living(row.id)?.version !== row.version - 1) return false
      rows.set(row.id, row)
      return true
    },
    delete: async (id) => {
      const wasThere = living(id) !== undefined
      rows.delete(id)
      return wasThere
    },
    findByLabel: async (label) =>
      [...rows.values()].filter(({ id, labels }) => labels.includes(label) && living(id)),
    acquireLease: async (id, holder, lifetimeSeconds) => {
      const lease = leases.get(id)
      if (lease !== undefined && lease.expiresAt > clock()) return 'held'
      leases.set(id, { holder, expiresAt: clock() + lifetimeSeconds })
      return lease === undefined ? 'acquired' : 'taken_over'
    },
    renewLease: async (id, holder, lifetimeSeconds) => {
      if (leases.get(id)?.holder !== holder) return false
      leases.set(id, { holder, expiresAt: clock() + lifetimeSeconds })
      return true
    },
    releaseLease: async (id, holder) => {
      if (leases.get(id)?.holder === holder) leases.delete(id)
    },
    isMarked: async (name) => (marks.get(name) ?? 0) > clock(),
    mark: async (name, expiresAt) => {
      if ((marks.get(name) ?? 0) > clock()) return false
      marks.set(name, expiresAt)
      return true
    },
  }
}

function withoutTokensOf({ id, version, sealed, labels, expiresAt }: SessionRow): SessionRow {
  return { id, version, sealed, labels, expiresAt }
}
