import { expect, test } from '@playwright/test'
import { APPLICATION, openPage, signIn, signOut } from '../../support/demo.js'

const planted = {
  name: '__Host-Http-tmb',
  value: 'planted',
  domain: 'localhost',
  path: '/',
  secure: true,
  httpOnly: true,
  sameSite: 'Strict',
} as const

test('SES-09: a planted session cookie is no session, and a sign-in replaces it', async ({
  context,
  page,
}) => {
  await context.addCookies([planted])
  await openPage(page)
  await expect(page.getByTestId('status')).toHaveText('signed-out')

  await signIn(page)
  const sessions = (await context.cookies(APPLICATION)).filter(({ name }) => name === planted.name)
  expect(sessions).toHaveLength(1)
  expect(sessions[0]?.value).not.toBe('planted')
})

test('a session cookie copied before the sign-out is dead after it', async ({
  browser,
  context,
  page,
}) => {
  await signIn(page)
  const copied = (await context.cookies(APPLICATION)).filter(({ name }) =>
    name.startsWith('__Host-Http-tmb'),
  )
  await signOut(page)

  const thief = await browser.newContext()
  await thief.addCookies(copied)
  const elsewhere = await thief.newPage()
  await openPage(elsewhere)
  await expect(elsewhere.getByTestId('status')).toHaveText('signed-out')
  await thief.close()
})

test('T-05: a copied session cookie alone gives a token that only the user can use', async ({
  browser,
  context,
  page,
}) => {
  await signIn(page)
  const copied = await context.cookies(APPLICATION)
  const thief = await browser.newContext()
  await thief.addCookies(copied)
  const elsewhere = await thief.newPage()
  await openPage(elsewhere)
  const outcome = await elsewhere.evaluate(
    async (api) =>
      window.tmb.fetch(`${api}/orders`).then(
        (response) => String(response.status),
        (error: unknown) => (error as { code?: string }).code ?? 'no code',
      ),
    APPLICATION.replace(/\d+$/, (port) => String(Number(port) + 2)),
  )
  expect(outcome).not.toBe('200')
  expect(outcome).not.toBe('no code')
  await thief.close()
})
