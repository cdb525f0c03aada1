import { chromium, expect, test as base, type BrowserContext } from '@playwright/test'
import { APPLICATION, openPage, signIn, signOut } from '../../support/demo.js'

/** Below the drivers of WebKit there is one more port for each worker. */
const DEVTOOLS_PORT = Number(process.env['E2E_PORT'] ?? '4600') + 14

/**
 * A Chromium whose tabs are hidden and frozen like a user's. Playwright makes those of its own
 * contexts look visible and focused, whatever covers them, and a visible tab is never frozen.
 */
const test = base.extend<{ readonly tabs: BrowserContext }>({
  tabs: async ({ launchOptions }, use, { parallelIndex }) => {
    const port = DEVTOOLS_PORT + parallelIndex
    const args = [...(launchOptions.args ?? []), `--remote-debugging-port=${port}`]
    const browser = await chromium.launch({ ...launchOptions, args })
    const endpoint = `http://127.0.0.1:${port}`
    const connected = await chromium.connectOverCDP(endpoint, { noDefaults: true })
    const [context] = connected.contexts()
    if (context === undefined) throw new Error('Chromium has no context of its own')

    await use(context)
    await connected.close()
    await browser.close()
  },
})

test('a tab that is frozen in the middle of a renewal stops no other, and catches up', async ({
  tabs,
}) => {
  const frozen = await tabs.newPage()
  await signIn(frozen, 'alice', APPLICATION)
  const jkt = await frozen.getByTestId('jkt').innerText()
  await frozen.evaluate(() => {
    document.addEventListener('freeze', () => localStorage.setItem('frozen', 'yes'))
  })
  let letAnswer: () => void = () => undefined
  const held = new Promise<void>((resolve) => (letAnswer = resolve))
  await frozen.route('**/bff/token', async (route) => held.then(async () => route.continue()), {
    times: 1,
  })
  const asked = frozen.waitForRequest('**/bff/token')
  await frozen.getByTestId('renew').click()
  await asked

  const second = await tabs.newPage()
  await openPage(second, APPLICATION)
  const devtools = await tabs.newCDPSession(frozen)
  await devtools.send('Page.setWebLifecycleState', { state: 'frozen' })
  await expect.poll(async () => second.evaluate(() => localStorage.getItem('frozen'))).toBe('yes')

  await second.getByTestId('call-api').click()
  await expect(second.getByTestId('api-status')).toHaveText('200')
  const renewed = second.waitForResponse('**/bff/token')
  await second.getByTestId('renew').click()
  expect((await renewed).status()).toBe(200)
  const third = await tabs.newPage()
  await openPage(third, APPLICATION)
  await expect(third.getByTestId('status')).toHaveText('signed-in')
  await expect(third.getByTestId('jkt')).toHaveText(jkt)
  await signOut(third)

  await devtools.send('Page.setWebLifecycleState', { state: 'active' })
  letAnswer()
  for (const tab of [frozen, second]) {
    await tab.bringToFront()
    await expect(tab.getByTestId('status')).toHaveText('signed-out')
  }
})
