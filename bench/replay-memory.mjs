import { memoryReplayStore } from '@tmb-kit/core'
import { cpus } from 'node:os'
import { exposeGarbageCollector } from './support/collector.mjs'
import { createFloor } from './support/floor.mjs'
import { mapReplayStore } from './support/map-replay-store.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { medianOf, runInRounds } from './support/rounds.mjs'

const ENTRIES = 1_000_000
const ROUNDS = 5
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const LIFETIME_SECONDS = 70

const STORES = {
  memoryReplayStore: () => memoryReplayStore({ maxEntries: ENTRIES * 2 }),
  'a Map with expiry': () => mapReplayStore(),
}

/** `npm run bench -- replay-memory`: a million live entries, beside a Map with expiry. */
export async function main() {
  exposeGarbageCollector()
  const floor = createFloor()
  const measured = new Map(Object.keys(STORES).map((name) => [name, []]))
  let unit = 0
  for (let round = 0; round < ROUNDS; round += 1) {
    const { wall } = (await runInRounds([floor], { rounds: 3, iterations: 500 })).get(floor.name)
    for (const [name, create] of Object.entries(STORES)) {
      measured.get(name).push({ unit: wall, ...(await fill(create)) })
    }
    unit = wall
  }

  const summary = Object.fromEntries(
    [...measured].map(([name, list]) => [
      name,
      {
        octets: medianOf(list.map(({ octets }) => octets)),
        longest: medianOf(list.map(({ longest }) => longest)),
        claim: medianOf(list.map(({ claim }) => claim)),
        share: medianOf(list.map((one) => one.claim / one.unit)),
      },
    ]),
  )
  print(summary, unit)
}

/** Claims a million identifiers, each timed by itself. Microseconds, milliseconds, octets. */
async function fill(create) {
  const before = octetsInUse()
  const store = create()
  const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS
  let longest = 0
  let total = 0
  for (let index = 0; index < ENTRIES; index += 1) {
    const jti = `${index.toString(36).padStart(8, '0')}-${(index * 7).toString(36).padStart(12, 'x')}`
    const begun = performance.now()
    const isNew = await store.claim(JKT, jti, expiresAt)
    const took = performance.now() - begun
    if (!isNew) throw new Error('a false positive: one in some 18 million million')

    total += took
    if (took > longest) longest = took
  }
  const octets = (octetsInUse() - before) / ENTRIES
  if (await store.claim(JKT, '00000000-xxxxxxxxxxx0', expiresAt)) throw new Error('forgotten')

  return { octets, longest, claim: (total * 1000) / ENTRIES }
}

function octetsInUse() {
  globalThis.gc()
  globalThis.gc()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}

function print(summary, unit) {
  console.log(`Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds, medians`)
  console.log(`one raw ES256 verification: ${unit.toFixed(1)} µs\n`)
  printTable(
    [
      `${ENTRIES} live entries`,
      'octets an entry',
      'longest claim, ms',
      'a claim, µs',
      'of a verification',
    ],
    Object.entries(summary).map(([name, { octets, longest, claim, share }]) => [
      name,
      octets.toFixed(1),
      longest.toFixed(2),
      claim.toFixed(2),
      `${(share * 100).toFixed(1)} %`,
    ]),
  )
  const ours = summary['memoryReplayStore']
  printGoals([
    goal('octets an entry', ours.octets, 'at most', 32),
    goal('longest pause, ms', ours.longest, 'at most', 5),
    goal('a claim, % of a verification', ours.share * 100, 'at most', 4),
  ])
}
