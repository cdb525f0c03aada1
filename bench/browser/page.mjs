import { createTmb } from '@tmb-kit/browser'
import { createFetchers, createProofMakers } from './contenders.mjs'

const url = `${location.origin}/api/orders`
let reads = 0
const { get } = IDBObjectStore.prototype
IDBObjectStore.prototype.get = function (...values) {
  reads += 1
  return Reflect.apply(get, this, values)
}

/** Runs contenders in turn, round by round; microseconds for one run, by name, in each round. */
async function runInRounds(contenders, { rounds, iterations }) {
  const samples = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const [name, run] of Object.entries(contenders)) {
      const begun = performance.now()
      for (let count = 0; count < iterations; count += 1) await run()
      // The round before the first one warms up.
      if (round >= 0) samples[name].push(((performance.now() - begun) * 1000) / iterations)
    }
  }
  return samples
}

globalThis.bench = {
  proofs: async (settings) => runInRounds(await createProofMakers(url), settings),
  fetches: async (settings) => runInRounds(await createFetchers(url), settings),
  keyReads: async (calls) => {
    const tmb = createTmb({ resourceServers: [location.origin] })
    reads = 0
    for (let call = 0; call < calls; call += 1) await tmb.fetch(url)
    return reads
  },
  firstAnswer: async () => {
    const tmb = createTmb({ resourceServers: [location.origin] })
    return (await tmb.fetch(url)).status
  },
}
