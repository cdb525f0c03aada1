/// <reference types="node" />
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import type { createSecureContext as CreateSecureContext, SecureContextOptions } from 'node:tls'

/** What the client is known by in TLS. */
export interface ClientCertificate {
  /** The certificate, and any between it and the one that the server trusts, as PEM. */
  readonly certificate: string
  /** Its private key, as PEM. */
  readonly key: string
  /** Who vouches for the authorization server, as PEM. Default: whom Node trusts. */
  readonly ca?: string
}

/** Statuses whose answer has no body, so that `Response` takes none. */
const WITHOUT_BODY: readonly number[] = [204, 205, 304]

/**
 * A fetch that presents a client certificate, by `node:https`: the platform's own cannot.
 *
 * Does not follow redirects, and does not decode: it asks for the identity encoding alone.
 *
 * @throws {TypeError} for a certificate and a key that do not belong together, or another runtime.
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-2
 */
export function createMutualTlsFetch({ certificate, key, ca }: ClientCertificate): typeof fetch {
  // Not imported: a bundle for another runtime would look for it.
  const builtIn = (globalThis as { process?: Partial<NodeJS.Process> }).process?.getBuiltinModule
  if (builtIn === undefined) {
    throw new TypeError('tls_client_auth with a certificate needs Node; elsewhere give a fetch')
  }
  const https = builtIn('node:https')
  const credentials = { cert: certificate, key, ...(ca === undefined ? {} : { ca }) }
  if (!belongTogether(credentials, builtIn('node:tls').createSecureContext)) {
    throw new TypeError(
      'client.authentication: certificate and key must be PEM strings that belong together',
    )
  }
  const agent = new https.Agent({ ...credentials, keepAlive: true, minVersion: 'TLSv1.2' })

  return async (input, init) => {
    const request = new Request(input, init)
    const { url, method, signal } = request
    const headers = { ...Object.fromEntries(request.headers), 'accept-encoding': 'identity' }
    const body = await request.text()
    const message = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = https.request(url, { method, headers, agent, signal }, resolve)
      outgoing.once('error', reject)
      outgoing.end(body)
    })
    return toResponse(message, builtIn('node:stream').Readable.toWeb)
  }
}

function belongTogether(
  credentials: SecureContextOptions,
  createSecureContext: typeof CreateSecureContext,
): boolean {
  // Without either of them OpenSSL has nothing to say against the other.
  if (typeof credentials.cert !== 'string' || typeof credentials.key !== 'string') return false

  try {
    createSecureContext(credentials)
    return true
  } catch {
    // OpenSSL's words may quote what it was given: ours do not.
    return false
  }
}

function toResponse(message: IncomingMessage, toWeb: typeof Readable.toWeb): Response {
  const { statusCode: status = 500, headersDistinct } = message
  const headers = new Headers()
  for (const [name, values = []] of Object.entries(headersDistinct)) {
    for (const value of values) headers.append(name, value)
  }
  if (WITHOUT_BODY.includes(status)) {
    message.resume()
    return new Response(null, { status, headers })
  }

  const body = toWeb(message) as unknown as ReadableStream<Uint8Array>
  return new Response(body, { status, headers })
}
