import type { Detail } from './step.js'

/**
 * Looks at the proof key as any script of this page could: through IndexedDB.
 *
 * @returns what there is to see, and how the browser answers the attempt to export it; `undefined`
 *   where no key is kept.
 */
export async function inspectStoredKey(): Promise<readonly Detail[] | undefined> {
  for (const { name } of await indexedDB.databases()) {
    const privateKey = name === undefined ? undefined : await findPrivateKey(name)
    if (privateKey !== undefined) return describeKey(privateKey, name ?? '')
  }
  return undefined
}

async function describeKey(privateKey: CryptoKey, database: string): Promise<readonly Detail[]> {
  const { algorithm, extractable, usages } = privateKey
  return [
    { label: 'Private key', value: { ...algorithm, extractable, usages } },
    { label: 'Kept in', value: `IndexedDB, database “${database}”, as a CryptoKey object` },
    { label: 'An attempt to export it', value: await tryToExport(privateKey) },
  ]
}

async function tryToExport(privateKey: CryptoKey): Promise<string> {
  try {
    await crypto.subtle.exportKey('jwk', privateKey)
    return 'worked: this key can be stolen'
  } catch (error) {
    return `refused by the browser: ${error instanceof Error ? error.name : 'unknown error'}`
  }
}

async function findPrivateKey(name: string): Promise<CryptoKey | undefined> {
  const database = await settle(indexedDB.open(name))
  try {
    for (const store of database.objectStoreNames) {
      const records = await settle(database.transaction(store).objectStore(store).getAll())
      const keys = records.map((record: Partial<CryptoKeyPair> | undefined) => record?.privateKey)
      const privateKey = keys.find((candidate) => candidate instanceof CryptoKey)
      if (privateKey !== undefined) return privateKey
    }
    return undefined
  } finally {
    database.close()
  }
}

async function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })
}
