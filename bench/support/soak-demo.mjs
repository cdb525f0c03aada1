import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { fileURLToPath } from 'node:url'

const RUN = fileURLToPath(new URL('../../scripts/run.mjs', import.meta.url))

/** Starts the demo with tokens that live for 45 s and nonces that live for about ten. */
export async function startSoakDemo() {
  const port = await findFreePorts()
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

async function findFreePorts() {
  for (let port = 5600; port < 30_000; port += 3) {
    const free = await Promise.all([port, port + 1, port + 2].map((each) => isFree(each)))
    if (!free.includes(false)) return port
  }
  throw new Error('no three free ports in a row')
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}
