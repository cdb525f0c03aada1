import { existsSync } from 'node:fs'

const CANDIDATES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
]

/** What to do where {@link findChromium} finds none. */
export const NO_CHROMIUM =
  'No Chromium was found: run `npx playwright install chromium` in e2e/, or install the package ' +
  'chromium of your system, or set CHROMIUM_PATH to a Chrome or Chromium.'

/** The Chromium that is there: named by CHROMIUM_PATH, the system's, Chrome, or Playwright's own. */
export async function findChromium() {
  const { CHROMIUM_PATH } = process.env
  if (CHROMIUM_PATH !== undefined) return existsSync(CHROMIUM_PATH) ? CHROMIUM_PATH : undefined

  const { chromium } = await import('@playwright/test')
  return [...CANDIDATES, chromium.executablePath()].find((path) => existsSync(path))
}
