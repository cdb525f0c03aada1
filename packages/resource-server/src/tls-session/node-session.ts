import type { Http2ServerRequest } from 'node:http2'
import type { IncomingMessage } from 'node:http'
import { viewNodeConnection } from '../node/node-request.js'
import type { RequestConnection } from '../verified-request.js'

/** What a server of node:https or node:http2 needs for tokens that are bound to TLS sessions. */
export interface SessionBindingServerOptions {
  readonly minVersion: 'TLSv1.3'
  readonly requestCert: true
  readonly rejectUnauthorized: false
}

/**
 * Options for `https.createServer` and `http2.createSecureServer`: TLS 1.3 only, and a client
 * certificate that need not come from a known authority, since its thumbprint is the proof (RFC 8705
 * section 6.2). Give such a server a port of its own: browsers ask their user about certificates.
 */
export function sessionBindingServerOptions(): SessionBindingServerOptions {
  return { minVersion: 'TLSv1.3', requestCert: true, rejectUnauthorized: false }
}

/**
 * The TLS connection of a request, for {@link Verifier.verify} or for `protect` from `./hono`; the
 * `protect` from `./node` finds it by itself.
 *
 * @param request A request of node:http, node:https or node:http2. In Hono on Node: `c.env.incoming`.
 */
export function tlsSessionOf(
  request: Pick<IncomingMessage | Http2ServerRequest, 'socket'>,
): RequestConnection {
  return viewNodeConnection(request.socket)
}
