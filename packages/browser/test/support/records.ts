/** Everything that is kept in IndexedDB, or in one database of it. */
export async function readRecords(database?: string): Promise<readonly unknown[]> {
  const all: unknown[] = []
  await inEveryStore('readonly', async (records, name) => {
    if (database !== undefined && name !== database) return

    const found: readonly unknown[] = await settle(records.getAll())
    all.push(...found)
  })
  return all
}

/** Puts something else in the place of every record. */
export async function overwriteRecords(value: unknown): Promise<void> {
  await inEveryStore('readwrite', async (records) => {
    for (const key of await settle(records.getAllKeys())) await settle(records.put(value, key))
  })
}

/** As when the user clears the site's data. */
export async function deleteDatabases(): Promise<void> {
  for (const { name = '' } of await indexedDB.databases()) {
    await settle(indexedDB.deleteDatabase(name))
  }
}

async function inEveryStore(
  mode: IDBTransactionMode,
  step: (records: IDBObjectStore, name: string) => Promise<void>,
): Promise<void> {
  for (const { name = '' } of await indexedDB.databases()) {
    const database = await settle(indexedDB.open(name))
    for (const store of database.objectStoreNames) {
      await step(database.transaction(store, mode).objectStore(store), name)
    }
    database.close()
  }
}

async function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })
}
