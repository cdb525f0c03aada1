import { launchChromium } from '../e2e/find-engine.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { startSoakDemo } from './support/soak-demo.mjs'
import { beginCalls, countRequests } from './support/soak-page.mjs'

const DEFAULT_MINUTES = 30
const CALLS_A_SECOND = 5
const SAMPLES = 60
/** What a steady page varies by between two collections. */
const MAX_GROWTH_KB = 150

/**
 * `npm run bench -- soak [minutes]`: a page that calls the API five times a second, over expiring
 * tokens and rotating nonces. Exit code 1 when a call failed or the heap grew.
 */
export async function main([given = String(DEFAULT_MINUTES)]) {
  const minutes = Number(given)
  if (!(minutes > 0)) throw new TypeError('soak takes a number of minutes')

  const demo = await startSoakDemo()
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    await page.addInitScript(countRequests)
    await signIn(page, demo)
    const samples = await soak(page, { api: demo.api, minutes })
    report(await page.evaluate(() => window.soak), samples, minutes)
  } finally {
    await browser.close()
    await demo.stop()
  }
}

async function signIn(page, { application }) {
  await page.goto(application)
  await page.getByTestId('sign-in').click()
  await page.locator('input[name="login"]').fill('alice')
  await page.locator('input[name="password"]').fill('demo')
  await page.locator('button[type="submit"]').click()
  await page.getByText('signed-in', { exact: true }).waitFor()
}

/** @returns the heap after a full collection, in octets, at equal distances. */
async function soak(page, { api, minutes }) {
  const devtools = await page.context().newCDPSession(page)
  const everySeconds = (minutes * 60) / SAMPLES
  const samples = []
  await page.evaluate(beginCalls, { api, everyMilliseconds: 1000 / CALLS_A_SECOND })
  for (let count = 0; count < SAMPLES; count += 1) {
    await new Promise((resolve) => setTimeout(resolve, everySeconds * 1000))
    samples.push(await heapOf(devtools))
  }
  await page.evaluate(() => window.endCalls())
  return samples
}

async function heapOf(devtools) {
  await devtools.send('HeapProfiler.collectGarbage')
  const { usedSize } = await devtools.send('Runtime.getHeapUsage')
  return usedSize
}

function report({ calls, failures, tokenRequests, nonceChallenges, longestMs }, samples, minutes) {
  const failed = Object.values(failures).reduce((sum, count) => sum + count, 0)
  const settled = samples.slice(Math.floor(SAMPLES / 6))
  const third = Math.floor(settled.length / 3)
  const growthKb = (median(settled.slice(-third)) - median(settled.slice(0, third))) / 1000

  console.log(`\n${minutes} minutes\n`)
  printTable(
    ['', ''],
    [
      ['calls of the page', calls],
      ['that failed', failed],
      ...Object.entries(failures).map(([word, count]) => [`  ${word}`, count]),
      ['the longest, in ms', Math.round(longestMs)],
      ['requests for a token', tokenRequests],
      ['challenges for a nonce', nonceChallenges],
    ],
  )
  console.log(`\nheap after a full collection, in kB: ${samples.map(toKb).join(' ')}`)
  const goals = [
    goal('failed calls', failed, 'at most', 0),
    goal('calls a second', calls / minutes / 60, 'at least', CALLS_A_SECOND * 0.95),
    goal('heap growth after the first sixth, kB', growthKb, 'at most', MAX_GROWTH_KB),
  ]
  printGoals(goals)
  process.exitCode = goals.every(({ isMet }) => isMet) ? 0 : 1
}

const toKb = (octets) => Math.round(octets / 1000)

function median(values) {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[sorted.length >> 1]
}
