// Everything that can be said of the repository without running it.
import { mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { checkBrowserSize } from './browser-size.mjs'
import { checkDocs } from './check-docs.mjs'
import { checkRequirements } from './check-requirements.mjs'
import { checkTree } from './check-tree.mjs'
import { root, tryRun } from './process.mjs'

const publicPackages = () =>
  readdirSync(`${root}/packages`).filter((name) => {
    const { private: isPrivate } = JSON.parse(
      readFileSync(`${root}/packages/${name}/package.json`, 'utf8'),
    )
    return isPrivate !== true
  })

const tool = (command, options, settings) => () => {
  const { ok, output } = tryRun(command, options, { stdio: 'pipe', ...settings })
  return { ok, output }
}

const inEachPackage = (command, options) => () => {
  const results = publicPackages().map((name) => {
    const { ok, output } = tryRun(command, options, {
      cwd: `${root}/packages/${name}`,
      stdio: 'pipe',
    })
    return { ok, output: ok ? '' : `${name}:\n${output}` }
  })
  return { ok: results.every(({ ok }) => ok), output: results.map(({ output }) => output).join('') }
}

/** Name, what runs, whether its output is worth reading when all is well. */
const CHECKS = [
  ['format', tool('prettier', ['--check', '.', '--log-level', 'warn'])],
  ['lint', tool('eslint', ['.', '--max-warnings', '0'])],
  ['types', tool('tsc', ['-p', 'tsconfig.check.json'])],
  ['exports: publint', inEachPackage('publint', ['--strict', '--pack', 'npm'])],
  ['exports: arethetypeswrong', inEachPackage('attw', ['--pack', '.', '--profile', 'esm-only'])],
  ['size of the browser package', () => checkBrowserSize(), 'always shown'],
  ['dead code', tool('knip', ['--no-progress', '--no-config-hints'])],
  ['documentation', () => checkDocs()],
  ['requirements', () => checkRequirements()],
  ['tree', () => checkTree()],
]

export async function runChecks() {
  mkdirSync(`${root}/.cache`, { recursive: true })
  let failed = 0
  for (const [name, check, shown] of CHECKS) {
    const { ok, output } = await check()
    console.log(`${ok ? 'ok    ' : 'FAILED'}  ${name}`)
    if (!ok || shown) console.log(output.trim().replaceAll(/^/gm, '        '))
    if (!ok) failed += 1
  }
  console.log(`${CHECKS.length - failed} checks passed, ${failed} failed`)
  process.exitCode = failed === 0 ? 0 : 1
}
