import { Bench } from 'tinybench'

/** @typedef {{ name: string, inputs: (count: number) => Promise<unknown[]>, run: (input: any) => unknown }} Contender */

/** Runs before each measured stretch, so that it finds its code where a busy server would have it. */
const WARM_UP = 60

/**
 * Runs contenders in turn, round by round, so that a noisy moment of the machine hits all of them.
 *
 * Each has a unit of its own: the first contender, run right before and right after it. `rate` is the
 * unit's wall time divided by the contender's, `cpu` the contender's CPU in units, of every thread of
 * the process; `wall` is microseconds for one run. All are medians over the rounds. Inputs are made
 * outside the measured time.
 */
export async function runInRounds([unit, ...contenders], { rounds, iterations }) {
  const samples = new Map([unit, ...contenders].map(({ name }) => [name, []]))
  for (let round = -1; round < rounds; round += 1) {
    for (const contender of [unit, ...contenders]) {
      // The round before the first one warms up, and so it is longer.
      const sample = await runBesideUnit(contender, unit, round < 0 ? iterations * 4 : iterations)
      if (round >= 0) samples.get(contender.name).push(sample)
    }
  }
  const median = (list, member) => medianOf(list.map((sample) => sample[member]))
  return new Map(
    [...samples].map(([name, list]) => [
      name,
      {
        wall: median(list, 'wall'),
        rate: median(list, 'rate'),
        cpu: median(list, 'cpu'),
      },
    ]),
  )
}

async function runBesideUnit(contender, unit, iterations) {
  const inputs = await contender.inputs(iterations + WARM_UP)
  const inputsBefore = await unit.inputs(iterations / 2 + WARM_UP)
  const inputsAfter = await unit.inputs(iterations / 2 + WARM_UP)
  // Making the inputs left garbage behind. A full collection would throw away compiled code as well,
  // and what other threads do after one would count as the contender's CPU.
  globalThis.gc?.({ type: 'minor' })
  await new Promise((resolve) => setTimeout(resolve, 20))
  const before = await runOnce(unit, inputsBefore)
  const { wall, cpu } = await runOnce(contender, inputs)
  const after = await runOnce(unit, inputsAfter)
  return {
    wall,
    rate: (before.wall + after.wall) / 2 / wall,
    cpu: cpu / ((before.cpu + after.cpu) / 2),
  }
}

async function runOnce({ name, run }, inputs) {
  let next = 0
  while (next < WARM_UP) await run(inputs[next++])
  let begun
  let sample
  const iterations = inputs.length - WARM_UP
  const bench = new Bench({ iterations, time: 0, warmup: false, throws: true })
  bench.add(name, () => run(inputs[next++]), {
    async: true,
    beforeAll: () => {
      begun = { wall: performance.now(), cpu: process.cpuUsage() }
    },
    afterAll: () => {
      const wall = ((performance.now() - begun.wall) * 1000) / iterations
      const { user, system } = process.cpuUsage(begun.cpu)
      sample = { wall, cpu: (user + system) / iterations }
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
