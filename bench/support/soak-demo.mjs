import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { findFreePorts } from '../../scripts/free-ports.mjs'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

/** Starts the demo with tokens that live for 45 s and nonces that live for about ten. */
export async function startSoakDemo() {
  const port = await findFreePorts(3, 5600)
  const child = spawn(process.execPath, [RUN, 'demo', '--nonce', '--short-lived'], {
    env: { ...process.env, PORT: String(port) },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const ended = once(child, 'exit')
  await isReady(child)
  return {
    application: `http://localhost:${port}`,
    api: `http://localhost:${port + 2}`,
    stop: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

async function isReady(child) {
  let output = ''
  for await (const text of child.stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    output += text
    if (!output.includes('demo ready')) continue

    // Nobody reads on, and a pipe that is full would stop the demo.
    child.stdout.resume()
    return
  }
  throw new Error(`the demo did not start:\n${output}`)
}
