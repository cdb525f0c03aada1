import { createStore, promisifyRequest } from 'idb-keyval'

/** The name of the only store, and of the only record in it. */
const NAME = 'proof-key'

/**
 * One step on the record of the proof key, in one transaction of a connection of its own.
 *
 * A page takes such a step a few times in its life. With no connection kept there is none to lose,
 * and none that would block the deletion of the database. May hang: callers bring a deadline.
 */
async function onRecord<Result>(
  name: string,
  mode: IDBTransactionMode,
  step: (records: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> {
  return createStore(`tmb-kit ${name}`, NAME)(mode, async (records) => {
    const request = step(records)
    // What has begun is still finished.
    records.transaction.db.close()
    return promisifyRequest(request)
  })
}

/** Whatever is there: nothing, a key pair, something damaged, something of another version. */
export async function readKey(name: string): Promise<unknown> {
  return onRecord<unknown>(name, 'readonly', (records) => records.get(NAME))
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
