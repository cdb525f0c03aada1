import type { SessionStore } from './session-store.js'

const DEADLINE_SECONDS = 5

/** The session store did not answer, or failed. */
export class SessionStoreError extends Error {
  override readonly name: string = 'SessionStoreError'
  readonly code = 'session_store_unavailable'

  constructor() {
    super('the session store does not answer')
  }
}

/**
 * Gives every call to a store a deadline, and every fault of it one name: what a driver throws may
 * quote the values it was given.
 */
export function guardStore(store: SessionStore): SessionStore {
  // On the path of every request: one promise and one timer, instead of a race of several.
  const guard = async <Value>(call: Promise<Value>): Promise<Value> =>
    new Promise((resolve, reject) => {
      const fail = (): void => {
        clearTimeout(timer)
        reject(new SessionStoreError())
      }
      const timer = setTimeout(fail, DEADLINE_SECONDS * 1000)
      call.then((value) => {
        clearTimeout(timer)
        resolve(value)
      }, fail)
    })
  return {
    insert: async (row) => guard(store.insert(row)),
    find: async (id) => guard(store.find(id)),
    replace: async (row) => guard(store.replace(row)),
    delete: async (id) => guard(store.delete(id)),
    findByLabel: async (label) => guard(store.findByLabel(label)),
    acquireLease: async (id, holder, lifetimeSeconds) => {
      const call = store.acquireLease(id, holder, lifetimeSeconds)
      try {
        return await guard(call)
      } catch (error) {
        // It may have been taken, with the answer late or lost: nobody would give it back.
        void call
          .catch(() => undefined)
          .then(async () => store.releaseLease(id, holder))
          .catch(() => undefined)
        throw error
      }
    },
    renewLease: async (id, holder, lifetimeSeconds) =>
      guard(store.renewLease(id, holder, lifetimeSeconds)),
    releaseLease: async (id, holder) => guard(store.releaseLease(id, holder)),
    isMarked: async (name) => guard(store.isMarked(name)),
    mark: async (name, expiresAt) => guard(store.mark(name, expiresAt)),
  }
}
