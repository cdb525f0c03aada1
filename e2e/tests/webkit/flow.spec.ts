import { expect } from '@playwright/test'
import {
  expectText,
  openPage,
  signIn,
  signOut,
  test,
  testId,
  WEBKIT_API,
} from '../../support/webkit.js'

// Three sites over TLS, and both the authorization server and the API demand nonces.

test('WebKit: signs in and calls the API with a token bound to the key of this browser', async ({
  webkit,
}) => {
  await signIn(webkit)
  await expectText(webkit, 'subject', /^alice/)

  await webkit.click(testId('call-api'))
  await expectText(webkit, 'api-status', /^200$/)
  const jkt = await expectText(webkit, 'jkt', /^[A-Za-z0-9_-]{43}$/)
  expect(await webkit.text(testId('token-cnf-jkt'))).toBe(jkt)
})

test('WebKit: renewing gives another token for the same key', async ({ webkit }) => {
  await signIn(webkit)
  await webkit.click(testId('call-api'))
  await expectText(webkit, 'api-status', /^200$/)
  const jkt = await expectText(webkit, 'jkt', /^[A-Za-z0-9_-]{43}$/)
  const takeToken = `
    const request = { method: 'GET', url: values[0] + '/orders' }
    return (await window.tmb.authorize(request)).authorization`
  const before = await webkit.run<string>(takeToken, WEBKIT_API)

  await webkit.run('await window.tmb.renew()')
  expect(await webkit.run<string>(takeToken, WEBKIT_API)).not.toBe(before)
  expect(await webkit.text(testId('token-cnf-jkt'))).toBe(jkt)
  await webkit.click(testId('call-api'))
  await expectText(webkit, 'api-status', /^200$/)
})

test('WebKit: a posted body arrives as it was sent', async ({ webkit }) => {
  await signIn(webkit)
  const order = { item: 'tea', quantity: 3, note: 'ä€😀' }
  const answer = await webkit.run(
    `const [url, order] = values
     const headers = { 'Content-Type': 'application/json' }
     const init = { method: 'POST', headers, body: JSON.stringify(order) }
     return (await window.tmb.fetch(url, init)).json()`,
    `${WEBKIT_API}/orders`,
    order,
  )
  expect(answer).toEqual({ received: order })
})

test('BR-26: WebKit: signing out ends the session in every tab, and the next key is another', async ({
  webkit,
}) => {
  await signIn(webkit)
  const jkt = await expectText(webkit, 'jkt', /^[A-Za-z0-9_-]{43}$/)
  const [first, second] = await webkit.openTab()
  await openPage(webkit)
  await expectText(webkit, 'status', /^signed-in$/)

  await webkit.switchTo(first)
  await signOut(webkit)
  await webkit.switchTo(second)
  await expectText(webkit, 'status', /^signed-out$/)

  await signIn(webkit)
  expect(await expectText(webkit, 'jkt', /^[A-Za-z0-9_-]{43}$/)).not.toBe(jkt)
})
