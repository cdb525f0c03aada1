import { Agent, request as httpsRequest } from 'node:https'
import { createAnswer } from './answer.js'
import type { Transport } from './transport.js'

/** HTTP/1.1 by node:https: one request at a time on each connection. */
export function httpsTransport(): Transport {
  return {
    protocols: ['http/1.1'],
    concurrency: 1,
    attach: (socket, origin) => {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 })
      // The agent's own way to open a connection is not used: a proof is for this one.
      Object.assign(agent, { createConnection: () => socket })

      return {
        send: async ({ method, path, headers, body, signal }) =>
          new Promise((resolve, reject) => {
            const url = new URL(path, origin)
            const request = httpsRequest(url, { agent, method, headers, signal })
            request.once('error', reject)
            request.once('response', (response) => {
              resolve(createAnswer(response.statusCode ?? 0, response.rawHeaders, response))
            })
            request.end(body)
          }),
        isOpen: () => !socket.destroyed && socket.writable,
        close: () => {
          agent.destroy()
          socket.destroy()
        },
      }
    },
  }
}
