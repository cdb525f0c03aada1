import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { cleanEnvironment, fail, root, run } from './process.mjs'

const INSTALL_STAMP = `${root}/node_modules/.tmb-kit-installed`
const BUILD_STAMP = `${root}/node_modules/.tmb-kit-built`

/** Installs what the lock file says, unless that has been done since it changed. */
export function installAll() {
  const stamp = hashOf(['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...packageFiles('package.json')])
  if (readStamp(INSTALL_STAMP) === stamp) return

  const [command, ...options] = findPnpm()
  const { status, error } = spawnSync(command, [...options, 'install', '--frozen-lockfile'], {
    cwd: root,
    env: cleanEnvironment({ CI: '1' }),
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0)
    fail(`Installing the dependencies failed${error ? `: ${error.message}` : ', see above'}.`)
  writeStamp(INSTALL_STAMP, stamp)
}

/**
 * Builds every package and app, unless nothing changed since the last time: a demo that is already
 * running from this folder keeps the files it serves.
 */
export function buildAll() {
  const sources = ['packages', 'apps'].flatMap((top) =>
    readdirSync(`${root}/${top}`).flatMap((name) => [
      ...filesBelow(`${top}/${name}/src`),
      ...filesBelow(`${top}/${name}/public`),
      ...['index.html', 'vite.config.ts', 'tsconfig.json'].map((file) => `${top}/${name}/${file}`),
    ]),
  )
  const stamp = hashOf(['tsconfig.base.json', 'pnpm-lock.yaml', ...sources])
  if (readStamp(BUILD_STAMP) === stamp && everyDistExists()) return

  run('tsc', ['-b'])
  run('vite', ['build', 'apps/demo-spa', '--logLevel', 'warn'])
  writeStamp(BUILD_STAMP, stamp)
}

/** A pnpm of the right version that is there, or the one that npm fetches. */
function findPnpm() {
  const { packageManager } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const version = packageManager.split('@')[1]
  const options = { encoding: 'utf8', env: cleanEnvironment(), shell: process.platform === 'win32' }
  const { stdout } = spawnSync('pnpm', ['--version'], options)
  if (stdout?.trim() === version) return ['pnpm']
  return ['npm', 'exec', '--yes', `--package=pnpm@${version}`, '--', 'pnpm']
}

function everyDistExists() {
  return packageFiles('tsconfig.json').every((file) =>
    existsSync(join(root, dirname(file), 'dist')),
  )
}

function packageFiles(name) {
  return ['packages', 'apps'].flatMap((top) =>
    readdirSync(`${root}/${top}`)
      .map((folder) => `${top}/${folder}/${name}`)
      .filter((file) => existsSync(join(root, file))),
  )
}

function filesBelow(folder) {
  if (!existsSync(join(root, folder))) return []
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
}

function hashOf(files) {
  const hash = createHash('sha256').update(process.versions.node)
  for (const file of files.toSorted()) {
    const path = join(root, file)
    if (existsSync(path)) hash.update(`\n${file}\n`).update(readFileSync(path))
  }
  return hash.digest('hex')
}

function readStamp(file) {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined
}

function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, stamp)
}
