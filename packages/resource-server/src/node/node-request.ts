import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { RequestConnection, VerifiableRequest } from '../verified-request.js'

/** What Express and its kin add to the request of Node. */
export interface NodeRequest extends Pick<
  IncomingMessage,
  'method' | 'url' | 'rawHeaders' | 'socket'
> {
  /** The path as it arrived: a router takes its mount prefix off `url`. */
  readonly originalUrl?: string
  /** The method as it arrived, where something overrode it. */
  readonly originalMethod?: string
  /** A body that was parsed already. */
  readonly body?: unknown
}

/** Stands in where the `Host` of a request is none: it is believed only if it is configured. */
const NO_ORIGIN = 'http://host.invalid'

/**
 * Shows a request of Node to the verifier.
 *
 * Headers are read from their raw list: Node keeps only the first of two `Authorization` fields, and
 * a second one must be seen.
 */
export function viewNodeRequest(request: NodeRequest): VerifiableRequest {
  const headers = { get: (name: string) => joinedHeader(request.rawHeaders, name) }
  const path = request.originalUrl ?? request.url ?? '/'
  const form = request.body
  return {
    method: request.originalMethod ?? request.method ?? '',
    url: absoluteUrl(
      path,
      originOf(request.socket, headers.get('host') ?? headers.get(':authority')),
    ),
    headers,
    ...(typeof form === 'object' && form !== null && { form: form as Record<string, unknown> }),
  }
}

/** What Node knows of the connection. The certificate is looked at only if a token asks for it. */
export function viewNodeConnection(socket: Socket): RequestConnection {
  return {
    remoteAddress: socket.remoteAddress,
    get clientCertificate() {
      return certificateOf(socket)
    },
    get exportKeyingMaterial() {
      return isTls(socket) ? exporterOf(socket) : undefined
    },
    get tlsVersion() {
      return isTls(socket) ? (socket.getProtocol() ?? undefined) : undefined
    },
    get identity() {
      return identityOf(socket)
    },
  }
}

const IDENTITY = Symbol('tmb-kit connection')
const CERTIFICATE = Symbol('tmb-kit client certificate')

/** What is kept on a socket, and goes with it. */
interface Kept {
  [IDENTITY]?: object | undefined
  [CERTIFICATE]?: Uint8Array | undefined
}

/** On the socket itself: node:http2 shows each request another object in place of one socket. */
function identityOf(socket: Socket & Kept): object {
  return (socket[IDENTITY] ??= {})
}

function exporterOf(socket: TLSSocket): NonNullable<RequestConnection['exportKeyingMaterial']> {
  return (length, label, context) =>
    socket.exportKeyingMaterial(length, label, Buffer.from(context))
}

/** Under TLS 1.3 it is the same for the whole connection, and to ask Node for it costs a lot. */
function certificateOf(socket: Socket): Uint8Array | undefined {
  const kept: Kept = socket as Socket & Kept
  if (!isTls(socket)) return undefined
  if (socket.getProtocol() !== 'TLSv1.3') return readCertificate(socket)

  return (kept[CERTIFICATE] ??= readCertificate(socket))
}

function readCertificate(socket: TLSSocket): Uint8Array | undefined {
  // Without a certificate Node answers an empty object, or nothing once the connection is gone.
  const certificate = socket.getPeerCertificate() as { readonly raw?: Uint8Array } | undefined
  return certificate?.raw
}

function isTls(socket: Socket): socket is TLSSocket {
  return 'getPeerCertificate' in socket
}

function joinedHeader(rawHeaders: readonly string[], name: string): string | null {
  const wanted = name.toLowerCase()
  const values = rawHeaders.filter(
    (_, index) => index % 2 === 1 && rawHeaders[index - 1]?.toLowerCase() === wanted,
  )
  return values.length === 0 ? null : values.join(', ')
}

function originOf(socket: Socket, host: string | null): string {
  const scheme = (socket as Partial<TLSSocket>).encrypted === true ? 'https' : 'http'
  const url = `${scheme}://${host ?? ''}`
  return URL.canParse(url) ? new URL(url).origin : NO_ORIGIN
}

/** A path may begin with two slashes, which `new URL` would take for a host. */
function absoluteUrl(path: string, origin: string): string {
  if (path.startsWith('/')) return `${origin}${path}`
  return URL.canParse(path) ? path : `${origin}/`
}
