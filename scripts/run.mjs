// The two commands, and the few around them, on a clone that has nothing but Node and npm.
// Uses nothing that must be installed first: installing is what it does.
import { existsSync, readFileSync } from 'node:fs'
import { startDemo } from './demo.mjs'
import { readDemoSettings } from './demo-settings.mjs'
import { buildAll, installAll } from './prepare.mjs'
import { fail, root, run } from './process.mjs'

const COMMANDS = {
  demo: async (flags) => {
    const settings = await readDemoSettings(flags)
    prepare()
    await startDemo(settings)
  },
  test: async (filters) => {
    prepare()
    const { runTests } = await import('./test.mjs')
    await runTests(filters)
  },
  build: async () => prepare(),
  check: async () => {
    prepare()
    const { runChecks } = await import('./check.mjs')
    await runChecks()
  },
  format: async () => {
    installAll()
    run('prettier', ['--write', '.'])
  },
  bench: async ([name, ...flags]) => {
    const file = `${root}/bench/${name}.mjs`
    if (name === undefined || !existsSync(file))
      fail(`bench: there is no bench/${name ?? '<name>'}.mjs`)

    prepare()
    await import(file).then(({ main }) => main(flags))
  },
}

function prepare() {
  installAll()
  buildAll()
}

function assertNode() {
  const { engines } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'))
  const [major, minor] = engines.node.replace('>=', '').split('.').map(Number)
  const [ourMajor, ourMinor] = process.versions.node.split('.').map(Number)
  if (ourMajor < major || (ourMajor === major && ourMinor < minor)) {
    fail(`Node ${engines.node} is needed, this is ${process.versions.node}: install a newer one.`)
  }
}

assertNode()
const [command, ...rest] = process.argv.slice(2)
if (!Object.hasOwn(COMMANDS, command)) fail(`usage: run.mjs ${Object.keys(COMMANDS).join(' | ')}`)
await COMMANDS[command](rest)
