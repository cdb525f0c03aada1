import { spawn } from 'node:child_process'
import { cleanEnvironment, fail, root } from './process.mjs'

const START_SECONDS = 60

/** Starts one server of the demo, with its output behind its name. */
export function spawnApp(app, environment, { hosts }) {
  const imports = ['exit-with-parent', ...(hosts ? ['localhost-lookup'] : [])]
  const options = imports.flatMap((name) => [
    '--import',
    new URL(`${name}.mjs`, import.meta.url).href,
  ])
  const child = spawn(process.execPath, [...options, `${root}/apps/${app}/dist/main.js`], {
    cwd: `${root}/apps/${app}`,
    env: cleanEnvironment({ NODE_NO_WARNINGS: '1', ...environment }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      for (const line of text.split('\n')) if (line.trim() !== '') console.log(`  [${app}] ${line}`)
    })
  }
  return Object.assign(child, { app })
}

/** One that ends takes the others with it, and a signal to us goes to all. */
export function stopTogether(children) {
  let stopping = false
  const stop = (exitCode) => {
    if (stopping) return
    stopping = true
    for (const child of children) child.kill('SIGTERM')
    setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), 12_000).unref()
    process.exitCode = exitCode
  }
  process.on('SIGINT', () => stop(0)).on('SIGTERM', () => stop(0))
  // npm dies of a SIGTERM without passing it on: then somebody else is our parent.
  const parent = process.ppid
  setInterval(() => process.ppid !== parent && stop(0), 500).unref()
  const push = children.push.bind(children)
  children.push = (child) => {
    child.once('exit', (code) => {
      if (!stopping)
        console.error(
          `${child.app} ended${code === null ? '' : ` with code ${code}`}: the demo stops.`,
        )
      stop(1)
      if (children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null))
        process.exit()
    })
    return push(child)
  }
}

/** Waits until a server answers on this machine, in plain http. */
export async function answers(port, path) {
  const deadline = Date.now() + START_SECONDS * 1000
  while (Date.now() < deadline) {
    const response = await fetch(`http://localhost:${port}${path}`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  fail(`Nothing answered on port ${port} within ${START_SECONDS} seconds: the demo stops.`)
}
