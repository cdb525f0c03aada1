import { expect } from '@playwright/test'
import { expectText, openPage, signIn, signOut, test } from '../../support/webkit.js'

const askSession = `
  const response = await fetch('/bff/session', { headers: { 'X-CSRF': '1' } })
  return (await response.json()).active`

test('SES-01 to SES-06: WebKit: the session is there for the backend, and no script sees its cookie', async ({
  webkit,
}) => {
  await signIn(webkit)
  expect(await webkit.run('return document.cookie')).toBe('')
  expect(await webkit.run(askSession)).toBe(true)

  await webkit.openTab()
  await openPage(webkit)
  await expectText(webkit, 'status', /^signed-in$/)
  expect(await webkit.run('return document.cookie')).toBe('')
})

test('SES-09: WebKit: a planted session cookie is no session, and does not keep one from beginning', async ({
  webkit,
}) => {
  await openPage(webkit)
  await webkit.run(`document.cookie = '__Host-Http-tmb=planted; Secure; Path=/; SameSite=Strict'`)
  await openPage(webkit)
  await expectText(webkit, 'status', /^signed-out$/)

  await signIn(webkit)
  expect(await webkit.run('return document.cookie')).toBe('')
})

test('LO-01: WebKit: after the sign-out the cookie is gone', async ({ webkit }) => {
  await signIn(webkit)
  await signOut(webkit)
  expect(await webkit.run(askSession)).toBe(false)
  await openPage(webkit)
  await expectText(webkit, 'status', /^signed-out$/)
})
