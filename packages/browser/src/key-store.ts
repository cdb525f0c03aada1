import { promisifyRequest } from 'idb-keyval'

/** The name of the only store, and of the only record in it. */
const NAME = 'proof-key'

/**
 * One step on the record of the proof key, in one transaction of a connection of its own.
 *
 * A page takes such a step a few times in its life. With no connection kept there is none to lose,
 * and none that would block the deletion of the database. One that is lost in the middle of its
 * step is opened anew, once. May hang: callers bring a deadline.
 */
async function onRecord(
  name: string,
  mode: IDBTransactionMode,
  step: (records: IDBObjectStore) => IDBRequest,
): Promise<unknown> {
  const attempt = async (): Promise<unknown> => {
    const opening = indexedDB.open(`tmb-kit ${name}`)
    opening.onupgradeneeded = () => opening.result.createObjectStore(NAME)
    const database = await promisifyRequest(opening)
    const transaction = database.transaction(NAME, mode)
    const request = step(transaction.objectStore(NAME))
    // What has begun is still finished.
    database.close()
    // A write may be refused until its transaction is complete.
    return promisifyRequest<unknown>(mode === 'readonly' ? request : transaction)
  }
  return attempt().catch(attempt)
}

/** Whatever is there: nothing, a key pair, something damaged, something of another version. */
export async function readKey(name: string): Promise<unknown> {
  return onRecord(name, 'readonly', (records) => records.get(NAME))
}

/**
 * Stores a key pair. Rejects when there is one: the first writer's stays, for all tabs.
 *
 * @param seen What was read, and is no key that can be used: it gives way.
 */
export async function addKey(name: string, proofKey: CryptoKeyPair, seen: unknown): Promise<void> {
  await onRecord(name, 'readwrite', (records) => {
    if (seen) records.delete(NAME)
    return records.add(proofKey, NAME)
  })
}

export async function removeKey(name: string): Promise<void> {
  await onRecord(name, 'readwrite', (records) => records.delete(NAME))
}
