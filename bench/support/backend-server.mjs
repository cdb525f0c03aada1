// A process that serves one app and answers, over IPC, what it has used since it was asked last.
import { createServer } from 'node:http'
import { getRequestListener } from '@hono/node-server'
import { exposeGarbageCollector } from './collector.mjs'
import { APPS } from './backend-apps.mjs'

exposeGarbageCollector()
const [name, settings] = process.argv.slice(2)
const { app, listener, requests } = await APPS[name](JSON.parse(settings))
const server = createServer(listener ?? getRequestListener(app.fetch))
server.listen(0, '127.0.0.1', () => process.send({ port: server.address().port, requests }))

process.on('message', () => {
  globalThis.gc({ type: 'minor' })
  const { user, system } = process.cpuUsage()
  process.send({ cpu: user + system })
})
process.on('disconnect', () => process.exit(0))
