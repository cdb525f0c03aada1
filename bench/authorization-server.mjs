import { cpus, loadavg } from 'node:os'
import { compareInTurn } from './authorization-server/compare-in-turn.mjs'
import { createRequests } from './authorization-server/token-requests.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'

const REQUESTS = 5_000
const WARM_UP = 1_000
const LIMIT = 1.05

/**
 * `npm run bench -- authorization-server`: what the plugin adds to a request at oidc-provider's token
 * endpoint. Requests go to the library and to the plugin in turn, in one process, without a network.
 */
export async function main() {
  const results = []
  for (const pair of await createRequests()) {
    const settings = { requests: REQUESTS, warmUp: WARM_UP }
    results.push({ ...pair, ...(await compareInTurn(pair.plain, pair.plugin, settings)) })
  }
  print(results)
  printGoals(
    results
      .filter(({ isGoal }) => isGoal)
      .map(({ name, ratio }) => goal(`${name}: times the library's`, ratio, 'at most', LIMIT)),
  )
}

function print(results) {
  const [load] = loadavg()
  const counted = REQUESTS - WARM_UP
  console.log(
    `Node ${process.versions.node}, ${cpus().length} cores, load ${load.toFixed(1)}, ${counted} requests each`,
  )
  console.log('microseconds for one request, medians; "quiet" is the tenth of the fastest\n')
  printTable(
    ['', 'library', 'plugin', 'ratio', 'quiet'],
    results.map(({ name, first, second, ratio, quietRatio }) => [
      name,
      first.toFixed(0),
      second.toFixed(0),
      ratio.toFixed(3),
      quietRatio.toFixed(3),
    ]),
  )
}
