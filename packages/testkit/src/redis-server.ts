import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Redis } from 'ioredis'
import { freePort } from './free-port.js'

interface ConnectionOptions {
  readonly enableOfflineQueue?: boolean
  readonly maxRetriesPerRequest?: number
}

/** A real Redis that belongs to one test file, and keeps what it is told over a restart. */
export interface RedisServer {
  readonly url: string
  readonly port: number
  connect(options?: ConnectionOptions): Redis
  start(): Promise<void>
  stop(): Promise<void>
  /** Takes away what a stopped server would start with. */
  wipe(): Promise<void>
  /** Ends all connections and the server. */
  dispose(): Promise<void>
}

/** Whether this machine has a redis-server to start. */
export function hasRedis(): boolean {
  const found = spawnSync('redis-server', ['--version']).status === 0
  if (!found) process.stdout.write('tests with Redis do not run: no redis-server on the PATH\n')
  return found
}

export async function startRedis(): Promise<RedisServer> {
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'tmb-redis-'))
  const connections: Redis[] = []
  let child: ChildProcess | undefined
  process.once('exit', () => child?.kill('SIGKILL'))

  const connect = (options: ConnectionOptions = {}): Redis => {
    const redis = new Redis({ ...options, port, host: '127.0.0.1', retryStrategy: () => 20 })
    // Refused while the server is away; ioredis tries again by itself.
    redis.on('error', () => undefined)
    connections.push(redis)
    return redis
  }
  const start = async (): Promise<void> => {
    const settings = {
      port: `${port}`,
      bind: '127.0.0.1',
      dir: folder,
      save: '',
      appendonly: 'yes',
      appendfsync: 'no',
      'maxmemory-policy': 'noeviction',
    }
    const flags = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value])
    child = spawn('redis-server', flags, { stdio: 'ignore' })
    const redis = connect()
    await redis.ping()
    redis.disconnect()
  }
  const stop = async (): Promise<void> => {
    if (child === undefined) return

    const ended = new Promise((resolve) => child?.once('exit', resolve))
    child.kill()
    await ended
    child = undefined
  }
  await start()

  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    connect,
    start,
    stop,
    wipe: async () => {
      for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true })
    },
    dispose: async () => {
      for (const redis of connections) redis.disconnect()
      await stop()
      await rm(folder, { recursive: true })
    },
  }
}
