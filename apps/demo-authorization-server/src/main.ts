import { createServer } from 'node:http'
import { createAuthorizationServer } from './authorization-server.js'
import { readSettings, SettingsError } from './settings.js'

/** Open requests get this long to end. */
const GRACE_MILLISECONDS = 5_000

async function start(): Promise<void> {
  const { port, ...settings } = readSettings(process.env)
  const server = createServer(await createAuthorizationServer(settings))
  server.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'it is taken' : error.message
    console.error(`demo authorization server: cannot listen on port ${port}, ${reason}.`)
    process.exit(1)
  })
  server.listen(port, () => {
    console.log(`demo authorization server listening on ${settings.issuer} (mode ${settings.mode})`)
  })

  const stop = (): void => {
    server.close(() => process.exit(0))
    server.closeIdleConnections()
    setTimeout(() => process.exit(0), GRACE_MILLISECONDS).unref()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

try {
  await start()
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof TypeError)) throw error
  console.error(`demo authorization server: ${error.message}`)
  process.exit(1)
}
