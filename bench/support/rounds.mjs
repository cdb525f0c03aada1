import { Bench } from 'tinybench'

/** @typedef {{ name: string, inputs: (count: number) => Promise<unknown[]>, run: (input: any) => unknown }} Contender */

/**
 * Runs contenders in turn, round by round, so that a noisy moment of the machine hits all of them.
 *
 * Inputs are made outside the measured time. `wall` and `cpu` are microseconds for one run, each
 * the median over the rounds; CPU counts every thread of the process.
 */
export async function runInRounds(contenders, { rounds, iterations }) {
  const samples = new Map(contenders.map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const contender of contenders) {
      // The round before the first one warms up, and so it is longer.
      const sample = await runOnce(contender, round < 0 ? iterations * 4 : iterations)
      if (round >= 0) samples.get(contender.name).push(sample)
    }
  }
  return new Map(
    [...samples].map(([name, list]) => [
      name,
      { wall: medianOf(list.map(({ wall }) => wall)), cpu: medianOf(list.map(({ cpu }) => cpu)) },
    ]),
  )
}

async function runOnce({ name, inputs, run }, iterations) {
  const waiting = await inputs(iterations)
  // Making the inputs left garbage behind. A full collection would throw away compiled code as well,
  // and what other threads do after one would count as the contender's CPU.
  globalThis.gc?.({ type: 'minor' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  let next = 0
  let begun
  let sample
  const bench = new Bench({ iterations, time: 0, warmup: false, throws: true })
  bench.add(name, () => run(waiting[next++]), {
    async: true,
    beforeAll: () => {
      begun = { wall: performance.now(), cpu: process.cpuUsage() }
    },
    afterAll: () => {
      const wall = ((performance.now() - begun.wall) * 1000) / next
      const { user, system } = process.cpuUsage(begun.cpu)
      sample = { wall, cpu: (user + system) / next }
    },
  })
  await bench.run()
  return sample
}

export function medianOf(values) {
  const sorted = values.toSorted((left, right) => left - right)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
}
