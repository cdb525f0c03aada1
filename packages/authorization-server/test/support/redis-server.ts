import { spawn, spawnSync } from 'node:child_process'
import { createServer, type AddressInfo } from 'node:net'
import { Redis } from 'ioredis'

/** A real Redis that belongs to one test file. */
export interface RedisServer {
  readonly port: number
  connect(): Redis
  stop(): Promise<void>
}

/** Whether this machine has a redis-server to start. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0
  if (!found) {
    process.stdout.write('tests with Redis do not run: no redis-server on the PATH\n')
  }
  return found
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort()
  const settings = [
    '--bind',
    '127.0.0.1',
    '--save',
    '',
    '--appendonly',
    'no',
    '--maxmemory-policy',
    'noeviction',
  ]
  const child = spawn('redis-server', ['--port', `${port}`, ...settings], { stdio: 'ignore' })
  const connections: Redis[] = []
  const connect = (): Redis => {
    const redis = new Redis({ port, host: '127.0.0.1', retryStrategy: () => 20 })
    // Refused until the server is up; ioredis tries again by itself.
    redis.on('error', () => undefined)
    connections.push(redis)
    return redis
  }
  await connect().ping()

  return {
    port,
    connect,
    stop: async () => {
      for (const redis of connections) redis.disconnect()
      const ended = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
