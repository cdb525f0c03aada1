import { fileURLToPath } from 'node:url'
import { execFile, spawn } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from './free-port.js'

const run = promisify(execFile)

/** A JavaScript runtime that npm has for this machine. */
export interface Runtime {
  readonly name: string
  /** The npm package that holds the program itself, with its version. */
  readonly spec: string
  /** Where in that package the program is. */
  readonly program: string
  readonly flags: readonly string[]
}

const isX64 = process.arch === 'x64'
const bunSpec = isX64 ? '@oven/bun-linux-x64-baseline@1.4.5' : '@oven/bun-linux-aarch64@1.4.5'
const denoSpec = isX64 ? '@deno/linux-x64-glibc@2.9.6' : '@deno/linux-arm64-glibc@2.9.6'
const workerdSpec = isX64 ? '@cloudflare/workerd-linux-64' : '@cloudflare/workerd-linux-arm64'

export const RUNTIMES: readonly Runtime[] = [
  { name: 'Node 22', spec: `node-linux-${process.arch}@22`, program: 'bin/node', flags: [] },
  { name: 'Node 24', spec: `node-linux-${process.arch}@24`, program: 'bin/node', flags: [] },
  { name: 'Bun', spec: bunSpec, program: 'bin/bun', flags: ['run'] },
  { name: 'Deno', spec: denoSpec, program: 'deno', flags: ['run', '--no-lock'] },
]
export const WORKERD: Runtime = {
  name: 'workerd',
  spec: workerdSpec,
  program: 'bin/workerd',
  flags: [],
}

const cache = fileURLToPath(new URL('../../../.cache/runtimes/', import.meta.url))

/** Installs a runtime from npm, once. `undefined`, and a printed reason, where that cannot be done. */
export async function installRuntime({
  name,
  spec,
  program,
}: Runtime): Promise<string | undefined> {
  const packageName = spec.replace(/(?<=.)@[^@/]*$/, '')
  const folder = join(cache, name.toLowerCase().replace(/\W/g, '-'))
  const file = join(folder, 'node_modules', packageName, program)
  if (existsSync(file)) return file

  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), '{"private":true}')
  try {
    const environment = Object.entries(process.env).filter(([key]) => !key.startsWith('npm_'))
    await run('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', spec], {
      cwd: folder,
      env: Object.fromEntries(environment),
      timeout: 90_000,
    })
  } catch {
    // Offline, or not made for this machine: said below.
  }
  if (existsSync(file)) return file

  process.stdout.write(
    `the portable suite does not run on ${name}: npm has no ${spec} for this machine\n`,
  )
  return undefined
}

/** Runs a bundled program, and gives what it printed. */
export async function runProgram(file: string, flags: readonly string[]): Promise<string> {
  const { stdout } = await run(file, [...flags], { timeout: 60_000 })
  return stdout
}

/** Serves a bundled worker on workerd, asks it once, and stops it. */
export async function askWorker(workerd: string, bundled: string): Promise<string> {
  const port = await freePort()
  const config = `${bundled}.capnp`
  writeFileSync(config, workerdConfig(port, bundled.split('/').at(-1) ?? ''))
  const child = spawn(workerd, ['serve', config], { stdio: 'ignore' })
  try {
    for (let attempt = 0; attempt < 200; attempt += 1) {
      const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)
      if (answer !== undefined) return await answer.text()
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    throw new Error('workerd did not answer')
  } finally {
    child.kill()
  }
}

function workerdConfig(port: number, module: string): string {
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = .portable)],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const portable :Workerd.Worker = (
  modules = [(name = "${module}", esModule = embed "${module}")],
  compatibilityDate = "2025-06-01"
);
`
}
