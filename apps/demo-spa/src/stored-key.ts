import { computeJkt } from '@tmb-kit/core'
import type { Detail } from './step.js'

/** This browser's proof key, as far as a script can see it. */
export interface StoredKey {
  readonly jkt: string
  readonly details: readonly Detail[]
}

/**
 * Looks at the proof key as any script of this page could: through IndexedDB.
 *
 * @returns what there is to see, and how the browser answers the attempt to export it; `undefined`
 *   where no key is kept.
 */
export async function inspectStoredKey(): Promise<StoredKey | undefined> {
  for (const { name } of await indexedDB.databases()) {
    const proofKey = name === undefined ? undefined : await findKeyPair(name)
    if (proofKey !== undefined) return describeKey(proofKey, name ?? '')
  }
  return undefined
}

async function describeKey(
  { publicKey, privateKey }: CryptoKeyPair,
  database: string,
): Promise<StoredKey> {
  const { algorithm, extractable, usages } = privateKey
  const jkt = await computeJkt(await crypto.subtle.exportKey('jwk', publicKey))
  return {
    jkt,
    details: [
      { label: 'Thumbprint (jkt)', value: jkt },
      { label: 'Private key', value: { ...algorithm, extractable, usages } },
      { label: 'Kept in', value: `IndexedDB, database “${database}”, as a CryptoKey object` },
      { label: 'An attempt to export it', value: await tryToExport(privateKey) },
    ],
  }
}

async function tryToExport(privateKey: CryptoKey): Promise<string> {
  try {
    await crypto.subtle.exportKey('jwk', privateKey)
    return 'worked: this key can be stolen'
  } catch (error) {
    return `refused by the browser: ${error instanceof Error ? error.name : 'unknown error'}`
  }
}

async function findKeyPair(name: string): Promise<CryptoKeyPair | undefined> {
  const database = await settle(indexedDB.open(name))
  try {
    for (const store of database.objectStoreNames) {
      const records = await settle(database.transaction(store).objectStore(store).getAll())
      const proofKey = records.find(isKeyPair)
      if (proofKey !== undefined) return proofKey
    }
    return undefined
  } finally {
    database.close()
  }
}

function isKeyPair(record: unknown): record is CryptoKeyPair {
  const { publicKey, privateKey } = (record ?? {}) as Partial<CryptoKeyPair>
  return publicKey instanceof CryptoKey && privateKey instanceof CryptoKey
}

async function settle<Result>(request: IDBRequest<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error ?? new Error('IndexedDB failed'))
  })
}
