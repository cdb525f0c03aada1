import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'

/** A certificate with its key, both PEM. */
export interface TestCertificate {
  readonly certificate: string
  readonly key: string
}

/** A server on loopback that talks to those who present the one certificate, and to nobody else. */
export interface MutualTlsServer {
  readonly url: string
  readonly certificate: string
  /** What each request presented, as RFC 8705 section 3.1 names it in hexadecimal. */
  readonly presented: string[]
  /** How many connections it took: a handshake is dear. */
  readonly connections: () => number
  stop(): Promise<void>
}

export async function createTestCertificate(commonName: string): Promise<TestCertificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: commonName }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [
      { name: 'basicConstraints', cA: true },
      { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] },
    ],
  })
  return { certificate: cert, key }
}

export async function startMutualTlsServer(
  handler: (request: Request) => Promise<Response>,
  { knows }: { readonly knows: string },
): Promise<MutualTlsServer> {
  const { certificate, key } = await createTestCertificate('localhost')
  const presented: string[] = []
  const fingerprints = new WeakMap<object, string>()
  let connections = 0
  const server = createServer(
    { cert: certificate, key, ca: knows, requestCert: true, rejectUnauthorized: true },
    (incoming, outgoing) => {
      presented.push(fingerprints.get(incoming.socket) ?? '')
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('end', () => {
        const { method = 'GET', url = '/' } = incoming
        const headers = Object.entries(incoming.headersDistinct).map(
          ([name, values = []]) => [name, values.join(', ')] as [string, string],
        )
        const body = method === 'POST' ? { body: Buffer.concat(chunks).toString() } : {}
        void handler(new Request(`https://localhost${url}`, { method, headers, ...body })).then(
          async (answer) => {
            outgoing.writeHead(answer.status, Object.fromEntries(answer.headers))
            outgoing.end(await answer.text())
          },
        )
      })
    },
  )
  // A connection that is kept for as long as it takes, so that counting them says something.
  server.keepAliveTimeout = 0
  server.on('secureConnection', (socket) => {
    fingerprints.set(socket, socket.getPeerCertificate().fingerprint256)
    connections += 1
  })
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `https://localhost:${port}`,
    certificate,
    presented,
    connections: () => connections,
    stop: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
