import { connect, type TLSSocket } from 'node:tls'
import { ServiceError } from './service-error.js'

/** What a service says of itself in a TLS handshake, and whom it believes. */
export interface TlsOptions {
  readonly certificate: string
  readonly privateKey: string
  /** PEM. Default: the authorities that Node knows. */
  readonly ca: string | undefined
}

/** A server that has not finished the handshake by then is taken for one that does not answer. */
const HANDSHAKE_MILLISECONDS = 10_000

/**
 * Opens a TLS 1.3 connection to a resource server, with the client certificate.
 *
 * Checks: the server's certificate and its name.
 *
 * @throws {ServiceError} `connection_failed`, `protocol_refused`
 */
export async function openConnection(
  origin: string,
  { certificate, privateKey, ca }: TlsOptions,
  protocols: readonly string[],
): Promise<TLSSocket> {
  const { hostname, port } = new URL(origin)
  const host = hostname.replace(/^\[(.*)\]$/, '$1')
  const socket = connect({
    host,
    port: port === '' ? 443 : Number(port),
    // RFC 6066 section 3: an address is no server name.
    ...(!/^[\d.]+$|:/.test(host) && { servername: host }),
    cert: certificate,
    key: privateKey,
    ...(ca !== undefined && { ca }),
    minVersion: 'TLSv1.3',
    ALPNProtocols: [...protocols],
    timeout: HANDSHAKE_MILLISECONDS,
  })
  await handshakeOf(socket)
  socket.setTimeout(0)
  // Requests hear of a failure by themselves; between two of them nobody listens.
  socket.on('error', () => undefined)
  if (isOneOf(socket.alpnProtocol, protocols)) return socket

  socket.destroy()
  throw new ServiceError('protocol_refused')
}

async function handshakeOf(socket: TLSSocket): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error): void => {
      socket.destroy()
      reject(new ServiceError('connection_failed', { cause }))
    }
    socket.once('error', fail)
    socket.once('timeout', fail)
    socket.once('secureConnect', () => {
      socket.off('error', fail)
      socket.off('timeout', fail)
      resolve()
    })
  })
}

/** A server of HTTP/1.1 need not answer which protocol it speaks. */
function isOneOf(chosen: TLSSocket['alpnProtocol'], protocols: readonly string[]): boolean {
  return protocols.includes(typeof chosen === 'string' ? chosen : 'http/1.1')
}
