import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { medianOf } from './rounds.mjs'

const STARTS = 7

/** Milliseconds from the first import to the first answer of `GET /session`, in a new process. */
export async function startCold() {
  const samples = []
  for (let start = 0; start < STARTS; start += 1) samples.push(await startOnce())
  return medianOf(samples)
}

async function startOnce() {
  const child = fork(fileURLToPath(new URL('cold-server.mjs', import.meta.url)))
  const [{ milliseconds }] = await new Promise((resolve) =>
    child.once('message', (...answer) => resolve(answer)),
  )
  await new Promise((resolve) => child.once('exit', resolve))
  return milliseconds
}
