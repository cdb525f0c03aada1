import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { chown, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Pool, type PoolConfig } from 'pg'
import { freePort } from '@tmb-kit/testkit/free-port'

/** A real Postgres that belongs to one test file. */
export interface PostgresServer {
  readonly url: string
  connect(options?: PoolConfig): Pool
  start(): Promise<void>
  stop(): Promise<void>
  /** Ends all connections and the server. */
  dispose(): Promise<void>
}

const DEBIAN = '/usr/lib/postgresql'

/** Debian keeps the server out of the PATH, one folder for each version. */
function findBinaries(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN).sort().reverse() : []
  return versions
    .map((version) => join(DEBIAN, version, 'bin'))
    .find((folder) => existsSync(join(folder, 'initdb')))
}

/** Whether this machine has a Postgres to start. */
export function hasPostgres(): boolean {
  const found = findBinaries() !== undefined
  if (!found) process.stdout.write(`tests with Postgres do not run: no server in ${DEBIAN}\n`)
  return found
}

/** Postgres refuses to run as root: then it runs as the user that its package made. */
function asItsUser(command: string, flags: readonly string[]): readonly [string, string[]] {
  if (process.getuid?.() !== 0) return [command, [...flags]]
  const user = ['--reuid=postgres', '--regid=postgres', '--clear-groups']
  return ['setpriv', [...user, command, ...flags]]
}

export async function startPostgres(): Promise<PostgresServer> {
  const binaries = findBinaries() ?? ''
  const port = await freePort()
  const folder = await mkdtemp(join(tmpdir(), 'tmb-postgres-'))
  if (process.getuid?.() === 0) {
    const idOf = (flag: string): number =>
      Number(execFileSync('id', [flag, 'postgres'], { encoding: 'utf8' }))
    await chown(folder, idOf('-u'), idOf('-g'))
  }
  const settings = ['-D', folder, '-U', 'tmb', '-A', 'trust', '-E', 'UTF8', '--locale=C', '-N']
  const [initdb, flags] = asItsUser(join(binaries, 'initdb'), settings)
  execFileSync(initdb, flags, { cwd: '/', stdio: 'ignore' })

  const url = `postgres://tmb@127.0.0.1:${port}/postgres`
  const pools: Pool[] = []
  let child: ChildProcess | undefined
  process.once('exit', () => child?.kill('SIGQUIT'))

  const connect = (options: PoolConfig = {}): Pool => {
    const pool = new Pool({ connectionString: url, ...options })
    // A connection that the server ended while nobody used it.
    pool.on('error', () => undefined)
    pools.push(pool)
    return pool
  }
  const start = async (): Promise<void> => {
    const options = {
      port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      fsync: 'off',
    }
    const named = Object.entries(options).flatMap(([name, value]) => ['-c', `${name}=${value}`])
    const [postgres, values] = asItsUser(join(binaries, 'postgres'), ['-D', folder, ...named])
    child = spawn(postgres, values, { cwd: '/', stdio: 'ignore' })
    const pool = connect({ max: 1 })
    for (let attempt = 0; attempt < 300; attempt += 1) {
      const answer = await pool.query('SELECT 1').catch(() => undefined)
      if (answer !== undefined) return

      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('Postgres does not start')
  }
  const stop = async (): Promise<void> => {
    if (child === undefined) return

    const ended = new Promise((resolve) => child?.once('exit', resolve))
    // A fast shutdown: it ends the connections itself.
    child.kill('SIGINT')
    await ended
    child = undefined
  }
  await start()

  return {
    url,
    connect,
    start,
    stop,
    dispose: async () => {
      await Promise.all(pools.map(async (pool) => pool.end()))
      await stop()
      await rm(folder, { recursive: true })
    },
  }
}
