import { expect, test, type Page } from '@playwright/test'
import { signIn, stealCredentials } from '../support/demo.js'

/** Everything a script could read that outlives the page, as text. */
async function readableStorage(page: Page): Promise<string> {
  return page.evaluate(async () => {
    const stored: unknown[] = [
      Object.entries(localStorage),
      Object.entries(sessionStorage),
      document.cookie,
      location.href,
      history.state,
    ]
    for (const { name = '' } of await indexedDB.databases()) {
      const database = await new Promise<IDBDatabase>((resolve, reject) => {
        const request = indexedDB.open(name)
        request.onsuccess = () => resolve(request.result)
        request.onerror = () => reject(new Error('cannot open'))
      })
      for (const storeName of database.objectStoreNames) {
        const records = await new Promise<unknown[]>((resolve, reject) => {
          const request = database.transaction(storeName).objectStore(storeName).getAll()
          request.onsuccess = () => resolve(request.result)
          request.onerror = () => reject(new Error('cannot read'))
        })
        stored.push(storeName, records)
      }
      database.close()
    }
    return JSON.stringify(stored)
  })
}

test('BR-16: no token stands in anything that outlives the page', async ({ page }) => {
  await signIn(page)
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  const { accessToken } = await stealCredentials(page)

  const storage = await readableStorage(page)
  expect(storage).not.toContain(accessToken)
  expect(storage).not.toContain(accessToken.split('.')[1])
  expect(storage).not.toContain(accessToken.split('.')[2])
  expect(storage).not.toMatch(/refresh_token|id_token|code_verifier/)
  expect(await page.evaluate(() => document.cookie)).toBe('')
})

test('BR-02: the key is kept as a CryptoKey, never as something that could be copied', async ({
  page,
}) => {
  await signIn(page)
  const storage = await readableStorage(page)
  expect(storage).not.toMatch(/"d"|PRIVATE KEY|"kty"/)
})

test('SES-01 to SES-06: cookies are Secure, HttpOnly, host-only and sealed', async ({
  context,
  page,
}) => {
  await signIn(page)
  const cookies = (await context.cookies()).filter(({ name }) => name.includes('tmb'))
  expect(cookies.map(({ name }) => name).toSorted()).toEqual([
    '__Host-Http-tmb',
    '__Host-Http-tmb-key',
  ])
  for (const cookie of cookies) {
    expect(cookie).toMatchObject({
      secure: true,
      httpOnly: true,
      sameSite: 'Strict',
      path: '/',
      domain: 'localhost',
    })
    expect(cookie.value).not.toContain('eyJ')
  }
})
