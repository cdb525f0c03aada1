import { createHash, verify, X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingHttpHeaders } from 'node:http'
import { createSecureServer } from 'node:http2'
import type { AddressInfo, Server } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { TestCertificate } from './certificates.js'

/** What a request was, as the server saw it. */
export interface SeenRequest {
  readonly method: string
  readonly path: string
  readonly httpVersion: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  /** The claims of its proof, if that is what the connection and the token ask for. */
  readonly claims: Readonly<Record<string, unknown>>
  /** Which connection of this server it came on: 1, 2, … */
  readonly connection: number
}

/** A refusal in the words of a challenge, or what to answer. */
export interface Verdict {
  readonly error?: string | undefined
  readonly status?: number
  readonly body?: string
}

export interface TestResourceServer {
  readonly origin: string
  readonly seen: readonly SeenRequest[]
  readonly connections: () => number
  /** Ends all connections without a word, as a server does that starts anew. */
  dropConnections(): void
  stop(): void
}

const LABEL = 'EXPORTER-oauth-tls-session-bound'

/**
 * A resource server that judges proofs by itself, by the draft's section 3.3.2, with Node's own means.
 *
 * It is not our verifier: what the two agree on, they agree on by the draft.
 */
export async function startResourceServer(
  { cert, key }: TestCertificate,
  judge: (request: SeenRequest) => Verdict = () => ({}),
): Promise<TestResourceServer> {
  const seen: SeenRequest[] = []
  const sockets: TLSSocket[] = []
  const server = createSecureServer(
    {
      cert,
      key,
      allowHTTP1: true,
      minVersion: 'TLSv1.3',
      requestCert: true,
      rejectUnauthorized: false,
    },
    (request, response) => {
      const read = async (): Promise<void> => {
        let body = ''
        for await (const chunk of request.setEncoding('utf8')) body += String(chunk)
        const { method, url, httpVersion, headers } = request
        const socket = sockets.find(({ remotePort }) => remotePort === request.socket.remotePort)
        if (socket === undefined) throw new Error('a request on no connection')

        const claims = claimsOf(headers, socket)
        const connection = sockets.indexOf(socket) + 1
        const known = { method, path: url, httpVersion, headers, body, connection }
        const verdict =
          claims === undefined
            ? { error: 'invalid_proof' }
            : judge({ ...known, claims: { ...claims } })
        seen.push({ ...known, claims: claims ?? {} })
        if (verdict.error !== undefined) {
          response.writeHead(401, { 'WWW-Authenticate': `Bearer error="${verdict.error}"` })
          response.end('{"error":"refused"}')
          return
        }
        response.writeHead(verdict.status ?? 200, { 'Content-Type': 'text/plain' })
        response.end(verdict.body ?? 'good')
      }
      read().catch(() => {
        response.writeHead(500)
        response.end()
      })
    },
  )
  server.on('secureConnection', (socket: TLSSocket) => sockets.push(socket))
  server.on('error', () => undefined)
  const listening = server as unknown as Server
  listening.listen(0, '127.0.0.1')
  await once(listening, 'listening')

  const dropConnections = (): void => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    origin: `https://localhost:${(listening.address() as AddressInfo).port}`,
    seen,
    connections: () => sockets.length,
    dropConnections,
    stop: () => {
      dropConnections()
      listening.close()
    },
  }
}

/** The claims of a good proof for this connection and token; `undefined` for any other. */
function claimsOf(headers: IncomingHttpHeaders, socket: TLSSocket) {
  const proof = headers['session-binding-proof']
  const [header = '', payload = '', signature = ''] = String(proof ?? '').split('.')
  if (signature === '') return undefined

  const certificate = new X509Certificate(socket.getPeerCertificate().raw)
  const thumbprint = createHash('sha256').update(certificate.raw).digest('base64url')
  const { typ, alg, 'x5t#S256': named } = decode(header)
  const claims = decode(payload)
  const accessToken = (headers.authorization ?? '').replace(/^Bearer /, '')
  const isGood =
    typ === 'tls-binding-proof+jwt' &&
    named === thumbprint &&
    claims['ath'] === createHash('sha256').update(accessToken).digest('base64url') &&
    claims['ekm'] ===
      socket.exportKeyingMaterial(32, LABEL, Buffer.alloc(0)).toString('base64url') &&
    verify(
      'sha256',
      Buffer.from(`${header}.${payload}`),
      {
        key: certificate.publicKey,
        ...(alg === 'PS256'
          ? { padding: 6, saltLength: 32 }
          : { dsaEncoding: 'ieee-p1363' as const }),
      },
      Buffer.from(signature, 'base64url'),
    )
  return isGood ? claims : undefined
}

function decode(segment: string): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(segment, 'base64url').toString()) as Record<string, unknown>
}
