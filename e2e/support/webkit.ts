import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createConnection } from 'node:net'
import type { Readable } from 'node:stream'
import { test as base, expect } from '@playwright/test'
import { findWebKit, type WebKitPrograms } from '../find-engine.mjs'
import { POLL_MILLISECONDS, startDrivenBrowser, type DrivenBrowser } from './webdriver.js'

/** Away from the ports of the demos, one for each worker. */
const DRIVER_PORT = Number(process.env['E2E_PORT'] ?? '4600') + 12

/** The application under test. Its Secure cookies stick in WebKit only over https. */
const APPLICATION = `https://app.localhost:${Number(process.env['E2E_PORT'] ?? '4600') + 3}`
export const WEBKIT_API = `https://api.localhost:${Number(process.env['E2E_PORT'] ?? '4600') + 5}`

interface WorkerFixtures {
  readonly driverUrl: string
}

interface TestFixtures {
  /** WebKitGTK, fresh for each test. */
  readonly webkit: DrivenBrowser
}

/** `test` with a WebKitGTK, which Playwright itself does not drive. */
export const test = base.extend<TestFixtures, WorkerFixtures>({
  driverUrl: [
    async ({}, use, { parallelIndex }) => {
      const programs = findWebKit()
      if (programs === undefined) throw new Error('WebKitGTK is not installed')

      const display = await startDisplay(programs)
      const port = DRIVER_PORT + parallelIndex
      const driver = await startDriver(programs, { port, display: display.name })
      await use(`http://127.0.0.1:${port}`)
      await end(driver)
      await end(display.process)
    },
    { scope: 'worker' },
  ],
  webkit: async ({ driverUrl }, use) => {
    const webkit = await startDrivenBrowser(driverUrl, {
      acceptInsecureCerts: true,
      'webkitgtk:browserOptions': { binary: findWebKit()?.browser, args: ['--automation'] },
    })
    await use(webkit)
    await webkit.close()
  },
})

/** As `openPage` in demo.ts: a page whose key store took too long, on a busy machine, is loaded again. */
export async function openPage(webkit: DrivenBrowser, path = '/'): Promise<void> {
  await expect(async () => {
    await webkit.goto(`${APPLICATION}${path}`)
    await expectText(webkit, 'status', /^signed-(?:in|out)$/)
    expect(await webkit.text(testId('jkt'))).toMatch(/^[A-Za-z0-9_-]{43}$/)
  }).toPass()
}

export async function signIn(webkit: DrivenBrowser): Promise<void> {
  await openPage(webkit)
  await webkit.click(testId('sign-in'))
  await webkit.type('input[name="login"]', 'alice')
  await webkit.type('input[name="password"]', 'demo')
  await webkit.click('button[type="submit"]')
  await expectText(webkit, 'status', /^signed-in$/)
}

/** Signs out, and waits until the page is back from the authorization server. */
export async function signOut(webkit: DrivenBrowser): Promise<void> {
  await webkit.run('window.isTheOldPage = true')
  await webkit.click(testId('sign-out'))
  const isBack = `return window.isTheOldPage === undefined && location.origin === values[0]`
  // A page that is being replaced answers with an error: it is looked at again.
  const look = async (): Promise<boolean> =>
    webkit.run<boolean>(isBack, APPLICATION).catch(() => false)
  await expect.poll(look, { intervals: POLL_MILLISECONDS }).toBe(true)
  await expectText(webkit, 'status', /^signed-out$/)
}

export async function expectText(
  webkit: DrivenBrowser,
  name: string,
  text: RegExp,
): Promise<string> {
  let seen: string | undefined
  await expect
    .poll(
      async () => {
        seen = await webkit.text(testId(name))
        return seen ?? ''
      },
      { intervals: POLL_MILLISECONDS },
    )
    .toMatch(text)
  return seen ?? ''
}

export function testId(name: string): string {
  return `[data-testid="${name}"]`
}

/** A display that nobody looks at, under a number that it chooses itself. */
async function startDisplay(programs: WebKitPrograms) {
  const options = ['-displayfd', '3', '-screen', '0', '1280x1024x24', '-nolisten', 'tcp']
  const process = spawn(programs.display, options, {
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const [number] = (await once(process.stdio[3] as Readable, 'data')) as [Buffer]
  return { process, name: `:${number.toString().trim()}` }
}

async function startDriver(
  programs: WebKitPrograms,
  { port, display }: { readonly port: number; readonly display: string },
): Promise<ChildProcess> {
  const driver = spawn(programs.driver, [`--port=${port}`, '--host=127.0.0.1'], {
    stdio: 'ignore',
    // No graphics card, and no window manager that would want one.
    env: { ...process.env, DISPLAY: display, LIBGL_ALWAYS_SOFTWARE: '1' },
  })
  await expect.poll(async () => connects(port)).toBe(true)
  return driver
}

async function connects(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: '127.0.0.1' })
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('connect', () => socket.destroy())
  })
}

async function end(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit')
  if (child.kill()) await ended
}
