import { createDemoInventory } from './server.js'
import { readSettings, SettingsError } from './settings.js'

function start(): void {
  const { port, ...settings } = readSettings(process.env)
  const server = createDemoInventory(settings)
  server.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'it is taken' : error.message
    console.error(`demo inventory: cannot listen on port ${port}, ${reason}.`)
    process.exit(1)
  })
  server.listen(port, 'localhost', () => {
    console.log(`demo inventory listening on ${settings.origin}`)
  })

  const stop = (): void => {
    server.close(() => process.exit(0))
    // Connections of services are kept open on purpose: nobody else would end them.
    server.closeAllConnections()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

try {
  start()
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof TypeError)) throw error
  console.error(`demo inventory: ${error.message}`)
  process.exit(1)
}
