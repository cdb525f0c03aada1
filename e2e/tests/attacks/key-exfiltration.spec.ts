import { expect, test } from '@playwright/test'
import { signIn } from '../../support/demo.js'

// RFC 9449 section 11.4. The script may use the key while the page is open: it cannot take it away.
test('BR-01: no export format gives the private key away', async ({ page }) => {
  await signIn(page)
  const findings = await page.evaluate(async () => {
    const found: { type: string; extractable: boolean; exports: Record<string, string> }[] = []
    const visit = async (value: unknown): Promise<void> => {
      if (value instanceof CryptoKey) {
        const exports: Record<string, string> = {}
        for (const format of ['jwk', 'pkcs8', 'raw', 'spki'] as const) {
          exports[format] = await crypto.subtle.exportKey(format, value).then(
            () => 'exported',
            (error: unknown) => (error as DOMException).name,
          )
        }
        found.push({ type: value.type, extractable: value.extractable, exports })
      } else if (typeof value === 'object' && value !== null) {
        for (const member of Object.values(value)) await visit(member)
      }
    }
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => resolve(request.result)
      })
      for (const storeName of database.objectStoreNames) {
        const records = await new Promise<unknown[]>((resolve) => {
          const request = database.transaction(storeName).objectStore(storeName).getAll()
          request.onsuccess = () => resolve(request.result)
        })
        await visit(records)
      }
    }
    return found
  })

  const privateKeys = findings.filter(({ type }) => type === 'private')
  expect(privateKeys).toHaveLength(1)
  for (const { extractable, exports } of privateKeys) {
    expect(extractable).toBe(false)
    expect(exports).toEqual({
      jwk: 'InvalidAccessError',
      pkcs8: 'InvalidAccessError',
      raw: expect.not.stringMatching('exported'),
      spki: expect.not.stringMatching('exported'),
    })
  }
})
