import { expect, test } from '@playwright/test'
import { openPage, signIn, signOut } from '../../support/demo.js'

// The application, the authorization server and the API are cross-site to each other here, so the
// way back from the sign-in is the start of a cross-site redirect chain.

test('SES-07, SES-08: the sign-in works, and needs no Strict cookie on the way back', async ({
  context,
  page,
}) => {
  const documents: { path: string; session: boolean }[] = []
  page.on('request', (request) => {
    if (!request.isNavigationRequest()) return
    void request.allHeaders().then(({ cookie = '' }) => {
      documents.push({
        path: new URL(request.url()).pathname,
        session: cookie.includes('__Host-Http-tmb='),
      })
    })
  })
  await signIn(page)
  await expect(page.getByTestId('subject')).toContainText('alice')
  await expect
    .poll(() => documents.filter(({ path }) => path === '/bff/callback'))
    .toEqual([{ path: '/bff/callback', session: false }])
  const names = (await context.cookies())
    .map(({ name }) => name)
    .filter((name) => name.includes('-login-'))
  expect(names).toEqual([])
})

test('RS-DPOP-30, BR-11: the nonce of another site is read, and the call succeeds', async ({
  page,
}) => {
  await signIn(page)
  const statuses: number[] = []
  page.on('response', (response) => {
    if (response.url().endsWith('/orders')) statuses.push(response.status())
  })
  await page.getByTestId('call-api').click()
  await expect(page.getByTestId('api-status')).toHaveText('200')
  await expect.poll(() => statuses).toEqual([401, 200])

  await page.getByTestId('call-api').click()
  await expect.poll(() => statuses).toEqual([401, 200, 200])
})

test('a second tab opens signed in, and a sign-out reaches it', async ({ context, page }) => {
  await signIn(page)
  const second = await context.newPage()
  await openPage(second)
  await expect(second.getByTestId('status')).toHaveText('signed-in')

  await signOut(page)
  await expect(second.getByTestId('status')).toHaveText('signed-out')
})
