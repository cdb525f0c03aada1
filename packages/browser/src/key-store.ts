import { createStore, del, get, update } from 'idb-keyval'

/** What is stored: the pair as `CryptoKey` objects, and its thumbprint to know it again. */
export interface StoredKey extends CryptoKeyPair {
  readonly jkt: string
}

/** Keeps one proof key for all tabs of an application. May hang: callers bring a deadline. */
export interface KeyStore {
  /** Whatever is there: it may be missing, damaged, or of another version. */
  read(): Promise<unknown>
  /**
   * Puts `fresh` in the place of `seen`, in one transaction. If another tab was faster, its key
   * stays and `fresh` is dropped: the caller reads again.
   */
  replace(seen: unknown, fresh: StoredKey): Promise<void>
  remove(): Promise<void>
  /** Takes a new connection for what comes next. */
  reopen(): void
}

const RECORD = 'proof-key'

/** A key store in IndexedDB, in a database of its own. A lost connection is opened again, once. */
export function indexedDbKeyStore(name: string): KeyStore {
  const open = () => createStore(name, 'keys')
  let store = open()

  const run = async <T>(operation: () => Promise<T>): Promise<T> => {
    try {
      return await operation()
    } catch {
      // Safari drops connections, and so does clearing site data. What fails again is thrown.
      store = open()
      return operation()
    }
  }

  return {
    read: async () => run(async () => get<unknown>(RECORD, store)),
    replace: async (seen, fresh) =>
      run(async () =>
        update<unknown>(RECORD, (old) => (jktOf(old) === jktOf(seen) ? fresh : old), store),
      ),
    remove: async () => run(async () => del(RECORD, store)),
    reopen: () => {
      store = open()
    },
  }
}

function jktOf(record: unknown): unknown {
  return (record as Partial<StoredKey> | null | undefined)?.jkt
}
