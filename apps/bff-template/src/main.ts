import { existsSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { getRequestListener } from '@hono/node-server'
import { checkAuthorizationServer, type BackendEvent } from '@tmb-kit/backend'
import { backendOptions, createApp } from './app.js'
import { readConfiguration, type Configuration } from './configuration.js'
import { openSessions } from './open-sessions.js'
import { ConfigurationError } from './reading.js'
import { shutDown } from './shutdown.js'
import { listenSentence, startupSentences } from './startup-error.js'

async function start(): Promise<void> {
  const configuration = readConfiguration(process.env)
  assertPagesExist(configuration)
  await checkAuthorizationServer(backendOptions(configuration))
  const { sessions, advice, close } = await openSessions(configuration)
  const { port, host, origin } = configuration
  const stopping = new AbortController()
  const live = { signal: stopping.signal }
  const app = createApp(configuration, { live, onEvent: printEvent, sessions })
  const listener = getRequestListener(app.fetch)
  const server = createServer((incoming, outgoing) => void listener(incoming, outgoing))
  server.once('error', (error) => fail([listenSentence(error, port)]))
  server.listen({ port, host }, () => {
    console.log(`${origin} is served on port ${port}.`)
    console.log(advice)
  })

  const stop = (): void => {
    // Open pages hold a stream each, and would be waited for.
    stopping.abort()
    void shutDown(server)
      .then(close)
      .then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

function assertPagesExist({ spaDirectory }: Configuration): void {
  if (existsSync(join(spaDirectory, 'index.html'))) return

  throw new ConfigurationError([
    'SPA_DIR has no index.html in it: build the pages, or set it to the folder where they are.',
  ])
}

/** One line of JSON for each event: who signed in and out, and what failed. No secret is in one. */
function printEvent(event: BackendEvent): void {
  console.log(JSON.stringify({ time: new Date().toISOString(), ...event }))
}

function fail(sentences: readonly string[]): void {
  for (const sentence of sentences) console.error(sentence)
  process.exit(1)
}

try {
  await start()
} catch (error) {
  const sentences = startupSentences(error)
  if (sentences === undefined) throw error
  fail(sentences)
}
