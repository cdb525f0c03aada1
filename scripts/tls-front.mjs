import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createConnection } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createServer as createTlsServer } from 'node:tls'
import { generate } from 'selfsigned'
import { findFreePorts } from './free-ports.mjs'

/** Servers behind the front: by their public ports, so that two demos do not meet. */
const BEHIND = 10_000
const SPREAD = 10_000

/**
 * Ends TLS at the public ports, with one self-signed certificate for all, and passes what comes on to
 * the servers behind, as a proxy in front of a deployment would.
 *
 * @returns the ports for the servers themselves, and what makes Node trust the certificate.
 */
export async function openTlsFront(servers) {
  const { cert, private: key } = await generateCertificate()
  const entries = Object.entries(servers)
  const first = await findFreePorts(entries.length, BEHIND + (entries[0][1].port % SPREAD))
  const ports = {}
  for (const [index, [name, { port }]] of entries.entries()) {
    ports[name] = first + index
    await listen({ key, cert, port, behind: ports[name] })
  }
  return { ports, trust: { NODE_EXTRA_CA_CERTS: writeCertificate(cert) } }
}

async function generateCertificate() {
  // One by one: a wildcard right under a top-level name counts nowhere.
  const hosts = ['localhost', 'app.localhost', 'as.localhost', 'api.localhost']
  const names = hosts.map((value) => ({ type: 2, value }))
  const addresses = ['127.0.0.1', '::1'].map((ip) => ({ type: 7, ip }))
  return generate([{ name: 'commonName', value: 'tmb-kit demo' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [...names, ...addresses] }],
  })
}

function writeCertificate(cert) {
  const folder = mkdtempSync(join(tmpdir(), 'tmb-kit-demo-'))
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  const file = join(folder, 'certificate.pem')
  writeFileSync(file, cert)
  return file
}

function listen({ key, cert, port, behind }) {
  const server = createTlsServer({ key, cert, ALPNProtocols: ['http/1.1'] }, (outside) => {
    const inside = createConnection({ port: behind, host: 'localhost' })
    const end = () => [outside, inside].forEach((socket) => socket.destroy())
    outside.on('error', end).on('close', end).pipe(inside)
    inside.on('error', end).on('close', end).pipe(outside)
  })
  // A browser that does not know the certificate ends the handshake: that is no fault of ours.
  server.on('tlsClientError', () => undefined)
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(port, resolve)
  })
}
