import { serve } from '@hono/node-server'
import { createDemoApi } from './app.js'
import { createInventory } from './inventory.js'
import { SettingsError } from './settings-error.js'
import { readSettings } from './settings.js'

/** Open requests get this long to end. */
const GRACE_MILLISECONDS = 5_000

async function start(): Promise<void> {
  const settings = readSettings(process.env)
  const { issuer, inventory } = settings
  const behind = inventory && (await createInventory({ issuer, inventory }))
  const api = createDemoApi(settings, behind && { inventory: behind })
  const server = serve({ fetch: api.fetch, port: settings.port }, () => {
    console.log(`demo API listening on ${settings.apiOrigin}`)
  })
  server.on('error', (error: NodeJS.ErrnoException) => {
    const reason = error.code === 'EADDRINUSE' ? 'it is taken' : error.message
    console.error(`demo API: cannot listen on port ${settings.port}, ${reason}.`)
    process.exit(1)
  })

  const stop = (): void => {
    server.close(() => process.exit(0))
    setTimeout(() => process.exit(0), GRACE_MILLISECONDS).unref()
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
}

try {
  await start()
} catch (error) {
  if (!(error instanceof SettingsError || error instanceof TypeError)) throw error
  console.error(`demo API: ${error.message}`)
  process.exit(1)
}
