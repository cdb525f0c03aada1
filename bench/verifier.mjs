import { cpus } from 'node:os'
import * as onNode from '@tmb-kit/resource-server'
import { exposeGarbageCollector } from './support/collector.mjs'
import { createBounds } from './support/bounds.mjs'
import { createFloor } from './support/floor.mjs'
import { createGarbage, measureRefusals } from './support/garbage.mjs'
import { createExpressBearer, createOauth4webapi } from './support/rivals.mjs'
import { runInRounds } from './support/rounds.mjs'
import { goal, printGoals, printTable } from './support/report.mjs'
import { loadWebCryptoPath } from './support/web-crypto-path.mjs'
import { API, createWorld, formRequestOf, ISSUER, requestOf, requestsOf } from './support/world.mjs'

const CLIENTS = 32
const RESIDENT_CLIENTS = 4_000
const FLOOD = 50_000

/** `npm run bench -- verifier`: what verifying a request costs, in raw ES256 verifications. */
export async function main() {
  exposeGarbageCollector()
  const world = await createWorld()
  const clients = await createClients(world, CLIENTS)
  const onWebCrypto = await loadWebCryptoPath()
  const express = await createExpressBearer(world.jwks, clients)
  const node = createVerifier(onNode, world)
  try {
    const floor = createFloor()
    const bounds = await createBounds(world, clients)
    const contenders = [
      floor,
      bounds.known,
      known('seen before, on Node', node, clients),
      bounds.webCrypto,
      known('seen before, WebCrypto only', createVerifier(onWebCrypto, world), clients),
      bounds.stranger,
      firstSight('first sight, on Node', createVerifier(onNode, world), world),
      firstSight('first sight, WebCrypto only', createVerifier(onWebCrypto, world), world),
      createOauth4webapi(world.jwks, clients),
      express.contender,
    ]
    const results = await runInRounds(contenders, { rounds: 11, iterations: 800 })
    const unit = results.get(floor.name)
    printRequests(results, unit)

    const { refusals, flood } = await measureGarbage()
    printRefusals(refusals)
    console.log(`\nheap after ${FLOOD} bad requests more: ${(flood / 1000).toFixed(0)} kB more`)

    const residentOctets = await residentOctetsOfClient(world)
    console.log(
      `\nresident memory of a client that is known: ${(residentOctets / 1000).toFixed(1)} kB`,
    )
    printGoals(goalsOf({ results, refusals, flood, residentOctets }))
  } finally {
    express.close()
  }
}

/** In a world whose time stands still, or else all garbage would soon be refused for its age. */
async function measureGarbage() {
  const begun = Math.floor(Date.now() / 1000)
  const world = await createWorld(() => begun)
  const verifier = createVerifier(onNode, world)
  const client = await world.createClient()
  const garbage = await createGarbage(verifier, client, world)
  const refusals = await measureRefusals(garbage, {
    'a known client': known('a good request of a known client', verifier, [client]),
    'a new client': firstSight('a good request of a new client', verifier, world),
    'a form': known('a good request with a form', verifier, [client], formRequestOf),
  })
  return { refusals, flood: await floodMemory(garbage) }
}

function goalsOf({ results, refusals, flood, residentOctets }) {
  const rate = (name) => results.get(name).rate
  const cpu = (name) => results.get(name).cpu
  const [dearest] = refusals
  return [
    goal('seen before, on Node: rate', rate('seen before, on Node'), 'at least', 0.85),
    goal('seen before, on Node: CPU', cpu('seen before, on Node'), 'at most', 1.15),
    goal(
      'seen before, WebCrypto only: rate',
      rate('seen before, WebCrypto only'),
      'at least',
      0.55,
    ),
    goal('first sight, on Node: CPU', cpu('first sight, on Node'), 'at most', 3.8),
    goal(
      'times as fast as oauth4webapi',
      rate('seen before, on Node') / rate('oauth4webapi'),
      'at least',
      5.5,
    ),
    goal(
      'times as fast as express-oauth2-jwt-bearer',
      rate('seen before, on Node') / rate('express-oauth2-jwt-bearer'),
      'at least',
      4.5,
    ),
    goal(`dearest refusal (${dearest.code}): CPU of its good request`, dearest.cpu, 'at most', 1),
    goal(`heap after ${FLOOD} bad requests, kB more`, flood / 1000, 'at most', 500),
    goal('resident memory of a client, kB', residentOctets / 1000, 'at most', 6.5),
  ]
}

function printRequests(results, unit) {
  console.log(`Node ${process.versions.node}, ${cpus().length} cores, one request at a time`)
  console.log(`one raw ES256 verification: ${unit.wall.toFixed(1)} µs; all below is in this unit\n`)
  printTable(
    ['', 'rate', 'CPU'],
    [...results].map(([name, { rate, cpu }]) => [name, rate.toFixed(2), cpu.toFixed(2)]),
  )
}

function printRefusals(refusals) {
  console.log('\nrefused requests by reason, the dearest kind of each: CPU of a good request\n')
  printTable(
    ['reason', 'kinds', 'CPU', 'a good request is that of'],
    refusals.map(({ code, kinds, cpu, likeness }) => [code, kinds, cpu.toFixed(2), likeness]),
  )
}

function createVerifier(resourceServer, { jwks, clock }) {
  const replayStore = resourceServer.memoryReplayStore({ maxEntries: 1_000_000, clock })
  return resourceServer.createVerifier({
    origins: [API],
    issuer: ISSUER,
    audience: API,
    jwks,
    replayStore,
    clock,
  })
}

async function createClients({ createClient }, count) {
  const clients = []
  for (let index = 0; index < count; index += 1) clients.push(await createClient())
  return clients
}

function known(name, verifier, clients, create = requestOf) {
  return {
    name,
    inputs: async (count) => {
      for (const request of await requestsOf(clients, clients.length))
        await verifier.verify(request)
      return requestsOf(clients, count, create)
    },
    run: async (request) => verifier.verify(request),
  }
}

function firstSight(name, verifier, world) {
  return {
    name,
    inputs: async (count) => requestsOf(await createClients(world, count), count),
    run: async (request) => verifier.verify(request),
  }
}

/** How much the heap has grown after bad requests of every kind, in octets. */
async function floodMemory(garbage) {
  const inputs = await Promise.all(garbage.map(async (kind) => kind.inputs(1)))
  const flood = async (count) => {
    for (let index = 0; index < count; index += 1) {
      const kind = index % garbage.length
      await garbage[kind].run(inputs[kind][0])
    }
  }
  await flood(FLOOD / 10)
  globalThis.gc()
  const before = process.memoryUsage().heapUsed
  await flood(FLOOD)
  globalThis.gc()
  return process.memoryUsage().heapUsed - before
}

/** What the process holds more for each client that it has seen, in octets. */
async function residentOctetsOfClient(world) {
  const verifier = createVerifier(onNode, world)
  const meet = async (count) => {
    for (let index = 0; index < count; index += 1) {
      await verifier.verify(await requestOf(await world.createClient()))
    }
    globalThis.gc()
    return process.memoryUsage().rss
  }
  const before = await meet(500)
  return Math.max(0, (await meet(RESIDENT_CLIENTS)) - before) / RESIDENT_CLIENTS
}
