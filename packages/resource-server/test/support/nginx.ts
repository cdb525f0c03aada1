import { spawn, spawnSync } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A real nginx that belongs to one test file. */
export interface Nginx {
  readonly port: number
  stop(): Promise<void>
}

const PROGRAM = '/usr/sbin/nginx'

/** Whether this machine has an nginx to start. */
export function hasNginx(): boolean {
  const found = spawnSync(PROGRAM, ['-v']).status === 0
  if (!found) process.stdout.write(`tests with nginx do not run: no ${PROGRAM}\n`)
  return found
}

/**
 * Starts nginx in a folder of its own, on a port that the system gives to nobody by itself.
 *
 * @param writeServer What stands in the `server` block, for the port and the folder.
 */
export async function startNginx(
  files: Readonly<Record<string, string>>,
  writeServer: (port: number) => string,
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'tmb-nginx-'))
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text)
  for (let attempts = 20; attempts > 0; attempts -= 1) {
    const port = randomInt(20_000, 32_000)
    writeFileSync(join(folder, 'nginx.conf'), configurationOf(writeServer(port)))
    const child = spawn(PROGRAM, ['-p', folder, '-c', 'nginx.conf', '-e', 'stderr'], {
      stdio: 'ignore',
    })
    const ended = new Promise<'ended'>((resolve) => {
      child.once('exit', () => {
        resolve('ended')
      })
    })
    if ((await Promise.race([ended, answers(port, ended)])) === 'ended') continue

    return {
      port,
      stop: async () => {
        child.kill('SIGTERM')
        await ended
        rmSync(folder, { recursive: true, force: true })
      },
    }
  }
  throw new Error('nginx does not start on any port')
}

/** Asks until somebody is there; that nobody comes is for `ended` to say. */
async function answers(port: number, ended: Promise<'ended'>): Promise<'there' | 'ended'> {
  const isThere = await new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => {
      resolve(false)
    })
  })
  if (isThere) return 'there'

  const again = new Promise<'again'>((resolve) => setTimeout(resolve, 20, 'again'))
  return (await Promise.race([ended, again])) === 'ended' ? 'ended' : answers(port, ended)
}

function configurationOf(server: string): string {
  const folders = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${name}_temp;`)
    .join('\n')
  return `
daemon off;
master_process off;
worker_processes 1;
pid nginx.pid;
error_log stderr;
events { worker_connections 64; }
http {
  access_log off;
${folders}
  server {
${server}
  }
}
`
}
