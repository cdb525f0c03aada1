import { launchChromium } from '../e2e/find-engine.mjs'
import { startBrowserServer } from './support/browser-server.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { medianOf } from './support/rounds.mjs'

const SIGN = 'raw subtle.sign'
const OURS = '@tmb-kit/browser'
const BARE = 'fetch with fixed headers'
const KEY_CALLS = 200

/** `npm run bench -- browser`: what proofs and calls cost in Chromium, in raw signatures and fetches. */
export async function main() {
  const server = await startBrowserServer()
  const browser = await launchChromium()
  try {
    const page = await browser.newPage()
    const open = async () => page.goto(server.origin)
    await open()
    const proofs = await page.evaluate(() => bench.proofs({ rounds: 60, iterations: 40 }))
    const fetches = await page.evaluate(() => bench.fetches({ rounds: 60, iterations: 15 }))
    console.log(`Chromium ${browser.version()}, one call at a time\n`)
    printRatios('proofs', proofs, SIGN)
    printRatios('calls', fetches, BARE)

    const keyReads = await page.evaluate((calls) => bench.keyReads(calls), KEY_CALLS)
    await open()
    server.requests.length = 0
    await page.evaluate(() => bench.firstAnswer())
    const first = server.requests.map(({ path }) => path)
    console.log(`\nreads of the key in ${KEY_CALLS} calls: ${keyReads}`)
    console.log(`first answer after a reload: ${first.join(', then ')}`)
    printGoals([
      goal('proofs, of raw signatures', ratio(proofs, SIGN, OURS), 'at least', 0.85),
      goal('calls, of bare ones', ratio(fetches, BARE, 'tmb.fetch'), 'at least', 0.9),
      goal('reads of the key in a page', keyReads, 'at most', 1),
      goal('requests until the first answer', first.length, 'at most', 2),
    ])
  } finally {
    await browser.close()
    await server.close()
  }
}

/** Of each round its own ratio, and of those the median: a noisy moment hits both sides. */
function ratio(samples, unit, name) {
  return medianOf(samples[name].map((each, round) => samples[unit][round] / each))
}

/** The same of each side's quietest rounds, where other work is going on beside this. */
function quietRatio(samples, unit, name) {
  const quiet = (values) => medianOf(values.toSorted((a, b) => a - b).slice(0, values.length / 6))
  return quiet(samples[unit]) / quiet(samples[name])
}

function printRatios(title, samples, unit) {
  console.log(`${title}: one ${unit} took ${medianOf(samples[unit]).toFixed(1)} µs\n`)
  printTable(
    ['', 'rate', 'quiet', 'µs'],
    Object.keys(samples).map((name) => [
      name,
      ratio(samples, unit, name).toFixed(2),
      quietRatio(samples, unit, name).toFixed(2),
      medianOf(samples[name]).toFixed(1),
    ]),
  )
  console.log('')
}
