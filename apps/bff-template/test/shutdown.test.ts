import { once } from 'node:events'
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { shutDown } from '../src/shutdown.js'

let server: Server
let url: string
let pending: ServerResponse[]

beforeEach(async () => {
  pending = []
  server = createServer((request, response) => {
    if (request.url === '/now') response.end('at once')
    else pending.push(response)
    server.emit('asked')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})

afterEach(() => server.closeAllConnections())

it('a request in flight is answered, and new ones are not taken', async () => {
  const answer = fetch(`${url}/later`)
  await once(server, 'asked')

  const end = shutDown(server)
  await expect(fetch(`${url}/now`)).rejects.toThrow('fetch failed')

  pending[0]!.end('late, but whole')
  expect(await (await answer).text()).toBe('late, but whole')
  await end
})

it('a connection that is kept alive holds nobody up', { timeout: 5_000 }, async () => {
  expect(await (await fetch(`${url}/now`)).text()).toBe('at once')
  await shutDown(server, { deadlineSeconds: 60 })
})

it('what is not done at the deadline is cut off', async () => {
  const answer = expect(fetch(`${url}/never`)).rejects.toThrow('fetch failed')
  await once(server, 'asked')
  await shutDown(server, { deadlineSeconds: 0.05 })
  await answer
})
