// A process that sends requests over a few connections, each as soon as the last one was answered.
// It does as little as can be for each: what it costs would slow the quickest server down the most.
import { connect } from 'node:net'

const HEADERS_END = Buffer.from('\r\n\r\n')

process.on('message', async ({ port, requests, amount, connections }) => {
  const octets = requests.map((request) => toOctets(request, port))
  const statuses = {}
  let sent = 0
  const next = () => (sent < amount ? octets[sent++ % octets.length] : undefined)
  const count = (status) => (statuses[status] = (statuses[status] ?? 0) + 1)

  const sockets = await Promise.all(Array.from({ length: connections }, async () => open(port)))
  const begun = performance.now()
  await Promise.all(sockets.map(async (socket) => work(socket, { next, count })))
  process.send({ milliseconds: performance.now() - begun, statuses })
})
process.on('disconnect', () => process.exit(0))

function toOctets({ method, path, headers, body = '' }, port) {
  const length = method === 'POST' ? { 'Content-Length': Buffer.byteLength(body) } : {}
  const lines = Object.entries({ Host: `127.0.0.1:${port}`, ...headers, ...length })
  const fields = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')
  return Buffer.from(`${method} ${path} HTTP/1.1\r\n${fields}\r\n${body}`)
}

function open(port) {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true }, () => resolve(socket))
    socket.once('error', reject)
  })
}

/** Sends and reads on one connection until there is nothing more to send. */
function work(socket, { next, count }) {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0)
    const send = () => {
      const request = next()
      if (request !== undefined) return socket.write(request)
      socket.destroy()
      resolve()
    }
    socket.on('error', reject)
    socket.on('data', (chunk) => {
      received = received.length === 0 ? chunk : Buffer.concat([received, chunk])
      const end = received.indexOf(HEADERS_END)
      if (end === -1) return

      const head = received.latin1Slice(0, end)
      const [, length] = /\r\ncontent-length: (\d+)/i.exec(head) ?? reject(new Error(head))
      if (received.length < end + HEADERS_END.length + Number(length)) return

      received = Buffer.alloc(0)
      count(head.slice(9, 12))
      send()
    })
    send()
  })
}
