import { medianOf } from '../support/rounds.mjs'

/** @typedef {{ inputs: (count: number) => Promise<unknown[]>, run: (input: any) => Promise<unknown> }} Contender */

/**
 * Sends requests to two contenders in turn, one to each, and changes who is first. A busy moment of the
 * machine spoils few requests of both, and the median does not see them.
 *
 * @returns microseconds of each, and how many times as long the second takes.
 */
export async function compareInTurn(first, second, { requests, warmUp }) {
  const times = { first: [], second: [] }
  const waiting = { first: await first.inputs(requests), second: await second.inputs(requests) }
  const send = async (name, { run }, index) => {
    const begun = performance.now()
    await run(waiting[name][index])
    if (index >= warmUp) times[name].push((performance.now() - begun) * 1000)
  }
  for (let index = 0; index < requests; index += 1) {
    const order = [
      ['first', first],
      ['second', second],
    ]
    if (index % 2 === 1) order.reverse()
    for (const [name, contender] of order) await send(name, contender, index)
  }
  return {
    first: medianOf(times.first),
    second: medianOf(times.second),
    ratio: medianOf(times.second) / medianOf(times.first),
    quietRatio: tenthOf(times.second) / tenthOf(times.first),
  }
}

/** What a request takes that nothing disturbed. */
function tenthOf(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 10)]
}
