import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of the repository, without a trailing slash. */
export const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '')

/** Ends with one sentence and exit code 1. */
export function fail(sentence) {
  console.error(sentence)
  process.exit(1)
}

/** npm hands its own settings down as variables, which another npm or pnpm would take for its own. */
export function cleanEnvironment(extra = {}) {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_/i.test(name))
  return { ...Object.fromEntries(kept), ...extra }
}

/** Runs a tool of node_modules/.bin, the folder's own first, and says how it ended. */
export function tryRun(tool, options, { cwd = root, env = {}, stdio = 'inherit' } = {}) {
  const folders = [`${cwd}/node_modules/.bin`, `${root}/node_modules/.bin`, process.env.PATH]
  const { status, error, stdout, stderr } = spawnSync(tool, options, {
    cwd,
    env: cleanEnvironment({ ...env, PATH: folders.join(delimiter) }),
    stdio,
    encoding: 'utf8',
    shell: process.platform === 'win32',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (error !== undefined) console.error(`${tool}: ${error.message}`)
  return { ok: status === 0, error, output: `${stdout ?? ''}${stderr ?? ''}` }
}

/** Runs a tool of node_modules/.bin, or ends with its name. */
export function run(tool, options, settings) {
  const { ok, error } = tryRun(tool, options, settings)
  if (!ok)
    fail(`${tool} ${options[0] ?? ''} failed${error === undefined ? '' : `: ${error.message}`}`)
}

/** The files of the repository as they are now: what git knows, and what it would not ignore. */
export function trackedFiles() {
  const { stdout } = spawnSync('git', ['ls-files', '-co', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  })
  return stdout.split('\n').filter((file) => file !== '' && existsSync(join(root, file)))
}
