import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const fileOf = (name) => fileURLToPath(new URL(name, import.meta.url))

/** Sends one message to a process and waits for one. */
function asker(child) {
  return (message) =>
    new Promise((resolve, reject) => {
      const ended = (code) => reject(new Error(`a process of the benchmark ended with ${code}`))
      child.once('exit', ended)
      child.once('message', (answer) => {
        child.off('exit', ended)
        resolve(answer)
      })
      if (message !== undefined) child.send(message)
    })
}

/** Starts one app of `backend-apps.mjs` in a process of its own. */
export async function startServer(name, settings, { execArgv = [] } = {}) {
  const child = fork(fileOf('backend-server.mjs'), [name, JSON.stringify(settings)], { execArgv })
  const ask = asker(child)
  const { port, requests } = await ask()
  return { name, port, requests, ask: async () => ask('used'), stop: () => child.disconnect() }
}

export function startLoadGenerator() {
  const child = fork(fileOf('load-generator.mjs'))
  return { ask: asker(child), stop: () => child.disconnect() }
}
