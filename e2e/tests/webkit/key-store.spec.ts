import { expect } from '@playwright/test'
import { expectText, openPage, signIn, test, testId } from '../../support/webkit.js'

const JKT = /^[A-Za-z0-9_-]{43}$/

test('BR-02: WebKit: the page, loaded again, has the same key and session', async ({ webkit }) => {
  await signIn(webkit)
  const jkt = await expectText(webkit, 'jkt', JKT)

  await openPage(webkit)
  await expectText(webkit, 'status', /^signed-in$/)
  expect(await expectText(webkit, 'jkt', JKT)).toBe(jkt)
  await webkit.click(testId('call-api'))
  await expectText(webkit, 'api-status', /^200$/)
  expect(await webkit.text(testId('token-cnf-jkt'))).toBe(jkt)
})

test('WebKit: two tabs have one key', async ({ webkit }) => {
  await openPage(webkit)
  const jkt = await expectText(webkit, 'jkt', JKT)

  await webkit.openTab()
  await openPage(webkit)
  expect(await expectText(webkit, 'jkt', JKT)).toBe(jkt)
})

test('BR-01: WebKit: no export format gives the private key away', async ({ webkit }) => {
  await openPage(webkit)
  await expectText(webkit, 'jkt', JKT)
  const found = await webkit.run<readonly { extractable: boolean; exports: readonly string[] }[]>(`
    const settle = (request) => new Promise((resolve, reject) => {
      request.onsuccess = () => resolve(request.result)
      request.onerror = () => reject(request.error)
    })
    const found = []
    for (const { name } of await indexedDB.databases()) {
      const database = await settle(indexedDB.open(name))
      for (const storeName of database.objectStoreNames) {
        const store = database.transaction(storeName).objectStore(storeName)
        for (const { privateKey } of await settle(store.getAll())) {
          const exports = await Promise.all(['jwk', 'pkcs8', 'raw', 'spki'].map((format) =>
            crypto.subtle.exportKey(format, privateKey).then(() => 'exported', ({ name }) => name)))
          found.push({ extractable: privateKey.extractable, exports })
        }
      }
      database.close()
    }
    return found`)

  expect(found).toHaveLength(1)
  expect(found[0]?.extractable).toBe(false)
  expect(found[0]?.exports).toHaveLength(4)
  expect(found[0]?.exports).not.toContain('exported')
})
