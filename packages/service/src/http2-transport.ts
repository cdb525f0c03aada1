import { connect, type ClientHttp2Session, type IncomingHttpHeaders } from 'node:http2'
import { createAnswer, listHeaders } from './answer.js'
import type { Answer, OutgoingRequest, Transport } from './transport.js'

/** HTTP/2 by node:http2: many requests at once on one connection. */
export function http2Transport(): Transport {
  return {
    protocols: ['h2'],
    concurrency: 100,
    attach: (socket, origin) => {
      const session = connect(origin, { createConnection: () => socket })
      // Every request hears of it too; here it only must not end the process.
      session.on('error', () => undefined)

      return {
        send: async (request) => send(session, request),
        isOpen: () => !session.closed && !session.destroyed && !socket.destroyed,
        close: () => {
          session.destroy()
          socket.destroy()
        },
      }
    },
  }
}

async function send(
  session: ClientHttp2Session,
  { method, path, headers, body, signal }: OutgoingRequest,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      { ':method': method, ':path': path, ...headers },
      { endStream: body === undefined, signal },
    )
    stream.once('error', reject)
    stream.once('close', () => {
      reject(new Error('the stream ended without an answer'))
    })
    stream.once('response', (answered: IncomingHttpHeaders) => {
      const { ':status': status = 0 } = answered as { readonly ':status'?: number }
      resolve(createAnswer(status, listHeaders(answered), stream))
    })
    if (body !== undefined) stream.end(body)
  })
}
