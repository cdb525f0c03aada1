import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'

export function hasRedis() {
  const found = spawnSync('redis-server', ['--version']).status === 0
  if (!found) console.log('nothing is measured with Redis: there is no redis-server on the PATH\n')
  return found
}

/** A Redis of the benchmark's own. */
export async function startRedis() {
  const folder = mkdtempSync(join(tmpdir(), 'tmb-bench-'))
  const port = await freePort()
  const flags = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--dir', folder]
  const child = spawn('redis-server', flags, { stdio: 'ignore' })
  const url = `redis://127.0.0.1:${port}`
  const redis = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: undefined })
  redis.on('error', () => undefined)
  await redis.ping()
  redis.disconnect()
  return {
    url,
    stop: async () => {
      child.kill()
      await new Promise((resolve) => child.once('exit', resolve))
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort() {
  const server = createServer()
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address()
  await new Promise((resolve) => server.close(resolve))
  return port
}
