import { cpus } from 'node:os'
import { startCold } from './support/cold-start.mjs'
import { startLoadGenerator, startServer } from './support/children.mjs'
import { hasRedis, startRedis } from './support/redis.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { medianOf } from './support/rounds.mjs'
import { sizesOfSessions } from './support/session-sizes.mjs'

const ROUNDS = 9
const AMOUNT = 3_000
const CONNECTIONS = 16
const OURS = ['memory', 'cookies', 'redis']
const LEAST_RATE = { memory: 0.45, cookies: 0.28, redis: 0.28 }

/** `npm run bench -- backend`: what the backend's answers cost, in answers of a bare Hono "hello". */
export async function main(flags) {
  const rounds = flags.includes('--quick') ? 3 : ROUNDS
  const redis = hasRedis() ? await startRedis() : undefined
  const names = ['hello', ...OURS, 'express-openid-connect', '@hono/oidc-auth'].filter(
    (name) => name !== 'redis' || redis !== undefined,
  )
  const generator = startLoadGenerator()
  const servers = []
  try {
    for (const name of names) servers.push(await startServer(name, { redisUrl: redis?.url }))
    const contenders = servers.flatMap((server) =>
      Object.entries(server.requests).map(([kind, requests]) => ({
        name: `${server.name} ${kind}`,
        server,
        requests,
      })),
    )
    const results = await runInRounds(contenders, generator, rounds)
    printRates(results)
    const sizes = await sizesOfSessions(redis?.url)
    const coldMilliseconds = await startCold()
    printGoals(goalsOf({ results, sizes, coldMilliseconds }))
  } finally {
    for (const { stop } of [generator, ...servers]) stop()
    await redis?.stop()
  }
}

/** Each figure is in hellos of the same round, and the median of all rounds. */
async function runInRounds(contenders, generator, rounds) {
  const samples = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    let hello
    for (const { name, server, requests } of contenders) {
      // The round before the first one warms up.
      const sample = await runOnce(server, { requests, generator })
      hello ??= sample
      if (round < 0) continue
      samples
        .get(name)
        .push({ ...sample, rate: hello.wall / sample.wall, share: sample.cpu / hello.cpu })
    }
  }
  const median = (list, member) => medianOf(list.map((sample) => sample[member]))
  return new Map(
    [...samples].map(([name, list]) => [
      name,
      {
        rate: median(list, 'rate'),
        share: median(list, 'share'),
        wall: median(list, 'wall'),
        cpu: median(list, 'cpu'),
      },
    ]),
  )
}

async function runOnce({ port, ask }, { requests, generator }) {
  const before = await ask()
  const load = { port, requests, amount: AMOUNT, connections: CONNECTIONS }
  const { milliseconds, statuses } = await generator.ask(load)
  const after = await ask()
  if (statuses[200] !== AMOUNT) throw new Error(`answered ${JSON.stringify(statuses)}`)

  return { wall: (milliseconds * 1000) / AMOUNT, cpu: (after.cpu - before.cpu) / AMOUNT }
}

function printRates(results) {
  const hello = results.get('hello hello')
  console.log(`Node ${process.versions.node}, ${cpus().length} cores, ${CONNECTIONS} connections`)
  console.log(
    `one hello: ${hello.wall.toFixed(1)} µs, ${hello.cpu.toFixed(1)} µs of CPU; below in this unit\n`,
  )
  printTable(
    ['', 'rate', 'CPU'],
    [...results].map(([name, { rate, share }]) => [name, rate.toFixed(3), share.toFixed(2)]),
  )
}

function goalsOf({ results, sizes, coldMilliseconds }) {
  const measured = (name) => results.get(name)
  const rates = OURS.flatMap((store) =>
    ['session', 'token']
      .map((kind) => [`${store} ${kind}`, measured(`${store} ${kind}`)])
      .filter(([, result]) => result !== undefined)
      .flatMap(([name, { rate, share }]) => [
        goal(`${name}: rate`, rate, 'at least', LEAST_RATE[store]),
        goal(`${name}: CPU`, share, 'at most', 3.6),
      ]),
  )
  // Their sessions live in cookies, too.
  const rivals = [
    ['express-openid-connect', 8],
    ['@hono/oidc-auth', 1.5],
  ].flatMap(([name, times]) =>
    ['session', 'token'].map((kind) => {
      const rate = measured(`cookies ${kind}`).rate / measured(`${name} session`).rate
      return goal(`cookies ${kind}: times ${name}`, rate, 'at least', times)
    }),
  )
  return [
    ...rates,
    ...rivals,
    goal('cookie of a session, kB', sizes.cookie / 1000, 'at most', 2.5),
    goal('memory of an idle session in a cookie, kB', sizes.idle / 1000, 'at most', 0),
    ...(sizes.redis === undefined
      ? []
      : [goal('memory of an idle session in Redis, kB', sizes.redis / 1000, 'at most', 2)]),
    goal('cold start, ms', coldMilliseconds, 'at most', 300),
  ]
}
