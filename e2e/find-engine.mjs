import { existsSync, readdirSync } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'

/** What to do where {@link findChromium} finds none. */
export const NO_CHROMIUM =
  'No Chromium was found: run `npx playwright install chromium` in e2e/, or install the package ' +
  'chromium of your system, or set CHROMIUM_PATH to a Chrome or Chromium.'

/** What to do where {@link findFirefox} finds none. */
export const NO_FIREFOX =
  'No Firefox was found, so nothing runs in it: install Firefox or the package firefox-esr of your ' +
  'system, or run `npx playwright install firefox` in e2e/, or set FIREFOX_PATH.'

/** What to do where {@link findWebKit} finds none. */
export const NO_WEBKIT =
  'No WebKitGTK was found, so nothing runs in it: on Debian or Ubuntu install the packages ' +
  'webkit2gtk-driver and xvfb.'

const CHROMIUMS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

const FIREFOXES = [
  '/usr/bin/firefox-esr',
  '/usr/bin/firefox',
  '/Applications/Firefox.app/Contents/MacOS/firefox',
  'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
]

/** Chromium must not look for hosts of the internet: there may be none. */
const QUIET = [
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** The Chromium that is there: named by CHROMIUM_PATH, the system's, Chrome, or Playwright's own. */
export async function findChromium() {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH !== undefined) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined

  const { chromium } = await import('@playwright/test')
  return [...CHROMIUMS, chromium.executablePath()].find((path) => existsSync(path))
}

/** How Playwright, or a benchmark, starts the Chromium that was found. */
export function chromiumLaunch(executablePath) {
  // Its sandbox refuses to run as root, which is who runs tests in a container.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : []
  return { executablePath, args: [...QUIET, ...asRoot] }
}

/**
 * Starts the Chromium that was found, for a benchmark.
 *
 * @throws {Error} with what to do where there is none.
 */
export async function launchChromium() {
  const executablePath = await findChromium()
  if (executablePath === undefined) throw new Error(NO_CHROMIUM)

  const { chromium } = await import('@playwright/test')
  return chromium.launch(chromiumLaunch(executablePath))
}

/**
 * How Playwright starts the Firefox that is there: the one of FIREFOX_PATH, the system's, both as
 * they come, over WebDriver BiDi, or Playwright's own.
 */
export async function findFirefox() {
  // Firefox does not start as root in the home of somebody else.
  const env = { ...process.env, HOME: userInfo().homedir }
  const { FIREFOX_PATH } = process.env
  const candidates = FIREFOX_PATH === undefined ? FIREFOXES : [FIREFOX_PATH]
  const stock = candidates.find((path) => existsSync(path))
  if (stock !== undefined) return { channel: 'moz-firefox', executablePath: stock, env }
  if (FIREFOX_PATH !== undefined) return undefined

  const { firefox } = await import('@playwright/test')
  return existsSync(firefox.executablePath()) ? { env } : undefined
}

/** The three programs that it takes: WebKitGTK's driver, its small browser, and a display for it. */
export function findWebKit() {
  const driver = findProgram('WebKitWebDriver')
  const display = findProgram('Xvfb')
  const browser = findMiniBrowser()
  if (driver === undefined || display === undefined || browser === undefined) return undefined

  return { driver, browser, display }
}

function findProgram(name) {
  const folders = (process.env.PATH ?? '').split(delimiter)
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path))
}

/** Below /usr/lib, in a folder by architecture and one by version. The newest version counts. */
function findMiniBrowser() {
  const newestFirst = (a, b) => (a < b ? 1 : -1)
  return foldersIn('/usr/lib')
    .concat('/usr/libexec', '/usr/lib')
    .flatMap((folder) => foldersIn(folder))
    .filter((folder) => /\/webkit2?gtk-[\d.]+$/.test(folder))
    .toSorted(newestFirst)
    .map((folder) => join(folder, 'MiniBrowser'))
    .find((path) => existsSync(path))
}

function foldersIn(folder) {
  if (!existsSync(folder)) return []
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => join(folder, name))
}
