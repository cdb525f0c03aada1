import { Client } from 'undici'
import { createAnswer, listHeaders } from './answer.js'
import type { Transport } from './transport.js'

/**
 * HTTP by undici.
 *
 * @param options.http2 Speak HTTP/2. Default: HTTP/1.1.
 */
export function undiciTransport(options: { readonly http2?: boolean } = {}): Transport {
  const { http2 = false } = options

  return {
    protocols: [http2 ? 'h2' : 'http/1.1'],
    concurrency: http2 ? 100 : 1,
    attach: (socket, origin) => {
      const client = new Client(origin, {
        allowH2: http2,
        pipelining: http2 ? 100 : 1,
        connect: (_, callback) => {
          // undici is not ready for an answer before this function has returned.
          setImmediate(() => {
            if (socket.destroyed) callback(new Error('the connection has ended'), null)
            else callback(null, socket)
          })
        },
      })

      return {
        send: async ({ method, path, headers, body, signal }) => {
          const answered = await client.request({
            method: method,
            path,
            headers,
            body: body ?? null,
            signal,
          })
          return createAnswer(answered.statusCode, listHeaders(answered.headers), answered.body)
        },
        isOpen: () => !socket.destroyed && !client.destroyed && !client.closed,
        close: () => {
          client.destroy().catch(() => {
            // It is of no use any more, whatever it says.
          })
          socket.destroy()
        },
      }
    },
  }
}
