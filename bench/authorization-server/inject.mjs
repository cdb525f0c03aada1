import { IncomingMessage, ServerResponse } from 'node:http'
import { Writable } from 'node:stream'

/**
 * One POST to the token endpoint without a socket, so that the cost of HTTP, which is the same for
 * all, does not hide what is compared.
 */
export function inject(callback, { form, headers }) {
  const socket = new Writable({ write: (_chunk, _encoding, done) => done() })
  const request = new IncomingMessage(socket)
  Object.assign(request, { method: 'POST', url: '/token', complete: true })
  Object.assign(request.headers, {
    host: 'as.test',
    'x-forwarded-proto': 'https',
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(form)),
    ...headers,
  })
  request.push(form)
  request.push(null)

  const response = new ServerResponse(request)
  response.assignSocket(socket)
  return new Promise((resolve) => {
    const end = response.end.bind(response)
    response.end = (body) => {
      resolve({ status: response.statusCode, body: String(body) })
      return end(body)
    }
    void callback(request, response)
  })
}
