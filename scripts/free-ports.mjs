import { createServer } from 'node:net'

/** Above it, the system gives ports to connections: one that is free now may not be free a moment later. */
const FIRST_OF_THE_SYSTEM = 30_000

/**
 * The first of `count` free ports in a row.
 *
 * @param from Where to begin to look.
 */
export async function findFreePorts(count, from) {
  for (let port = from; port + count < FIRST_OF_THE_SYSTEM; port += count) {
    const offsets = Array.from({ length: count }, (_, offset) => offset)
    const free = await Promise.all(offsets.map((offset) => isFree(port + offset)))
    if (!free.includes(false)) return port
  }
  throw new Error(`no ${count} free ports in a row between ${from} and ${FIRST_OF_THE_SYSTEM}`)
}

/** Whether this process may listen there, on every address. */
export function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
