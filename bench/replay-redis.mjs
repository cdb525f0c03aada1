import { redisReplayStore } from '@tmb-kit/resource-server/redis'
import { Redis } from 'ioredis'
import { cpus } from 'node:os'
import { createFloor } from './support/floor.mjs'
import { hasRedis, startRedis } from './support/redis.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { medianOf } from './support/rounds.mjs'

const ROUNDS = 11
const CLAIMS = 4_000
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const LIFETIME_SECONDS = 70

/** How many claims are under way at once, and how ioredis sends them. */
const LOADS = {
  'one at a time': { atOnce: 1, enableAutoPipelining: true },
  '64 at once': { atOnce: 64, enableAutoPipelining: true },
  '64 at once, without auto-pipelining': { atOnce: 64, enableAutoPipelining: false },
}

/** `npm run bench -- replay-redis`: what a claim in a real Redis costs the resource server. */
export async function main() {
  if (!hasRedis()) return

  const server = await startRedis()
  const connections = []
  try {
    const floor = createFloor()
    const contenders = []
    for (const [name, { atOnce, enableAutoPipelining }] of Object.entries(LOADS)) {
      const redis = new Redis(server.url, { enableAutoPipelining })
      connections.push(redis)
      contenders.push({ name, atOnce, store: redisReplayStore({ redis }), samples: [] })
    }
    const observer = new Redis(server.url)
    connections.push(observer)
    for (let round = -2; round < ROUNDS; round += 1) {
      for (const contender of contenders) {
        const sample = await measure(contender, { floor, observer })
        if (round >= 0) contender.samples.push(sample)
      }
    }
    report(contenders, await countCommands(observer))
  } finally {
    for (const redis of connections) redis.disconnect()
    await server.stop()
  }
}

let claimed = 0

/** CPU of this process alone: that of the Redis server is on another bill. */
async function measure({ store, atOnce }, { floor, observer }) {
  const expiresAt = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS
  const claimNext = async () => {
    claimed += 1
    const jti = `${claimed.toString(36).padStart(11, '0')}-${'x'.repeat(10)}`
    if (!(await store.claim(JKT, jti, expiresAt))) throw new Error('must be new')
  }
  const unit = await cpuOf(2_000, async () => floor.run(), 1)
  const before = await readsOf(observer)
  const { cpu, wall } = await cpuOf(CLAIMS, claimNext, atOnce)
  // The observer's own question is one of the reads.
  const reads = (await readsOf(observer)) - before - 1
  return { cpu: cpu / unit.cpu, wall, reads: reads / CLAIMS }
}

/** Microseconds of CPU and of wall time for one run, with some of them under way at once. */
async function cpuOf(count, run, atOnce) {
  const begun = { wall: performance.now(), cpu: process.cpuUsage() }
  let left = count
  const work = async () => {
    while (left > 0) {
      left -= 1
      await run()
    }
  }
  await Promise.all(Array.from({ length: atOnce }, work))
  const { user, system } = process.cpuUsage(begun.cpu)
  return { cpu: (user + system) / count, wall: ((performance.now() - begun.wall) * 1000) / count }
}

async function readsOf(redis) {
  const [, reads] = /total_reads_processed:(\d+)/.exec(await redis.info('stats'))
  return Number(reads)
}

/** What the server was told, without what this benchmark and ioredis ask for themselves. */
async function countCommands(redis) {
  const statistics = await redis.info('commandstats')
  return [...statistics.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)]
    .map(([, name, calls]) => ({ name, calls: Number(calls) }))
    .filter(({ name }) => !['info', 'client|setinfo', 'hello', 'ping'].includes(name))
}

function report(contenders, commands) {
  console.log(`Node ${process.versions.node}, ${cpus().length} cores, ${ROUNDS} rounds, medians\n`)
  const median = ({ samples }, member) => medianOf(samples.map((sample) => sample[member]))
  printTable(
    ['claims in Redis', 'CPU, verifications', 'wall, µs', 'reads of the server for a claim'],
    contenders.map((one) => [
      one.name,
      median(one, 'cpu').toFixed(2),
      median(one, 'wall').toFixed(0),
      median(one, 'reads').toFixed(2),
    ]),
  )
  const told = commands.map(({ name, calls }) => `${calls} ${name}`).join(', ')
  console.log(`\n${claimed} claims; the server was told: ${told}`)

  const [alone, underLoad] = contenders
  const calls = commands.reduce((sum, command) => sum + command.calls, 0)
  printGoals([
    goal('commands for a claim', calls / claimed, 'at most', 1),
    goal('round trips for a claim, one at a time', median(alone, 'reads'), 'at most', 1),
    goal('client CPU of a claim under load', median(underLoad, 'cpu'), 'at most', 0.2),
  ])
}
