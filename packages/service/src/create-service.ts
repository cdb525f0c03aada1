import type { Clock } from '@tmb-kit/core'
import type { AccessTokenSource } from './access-token-source.js'
import { createConnectionPool } from './connection-pool.js'
import { httpsTransport } from './https-transport.js'
import { readOutgoing } from './outgoing.js'
import { createSender } from './sender.js'
import { ServiceError } from './service-error.js'
import type { ServiceEvent } from './service-event.js'
import { createSessionProver, type SessionConfirmation } from './session-prover.js'
import type { Transport } from './transport.js'

export interface ServiceOptions {
  /** The origins that tokens may be sent to. A request to any other is refused before it is made. */
  readonly resourceServers: readonly string[]
  /** PEM: the client certificate, first its own, then what leads to its root. */
  readonly certificate: string
  /** PEM: its private key. It authenticates the connections and signs the proofs. */
  readonly privateKey: string
  /** PEM: the authorities of the resource servers' certificates. Default: those that Node knows. */
  readonly ca?: string
  readonly accessToken: AccessTokenSource
  /** How HTTP is spoken. Default: HTTP/1.1 by node:https. */
  readonly transport?: Transport
  /** Connections to one resource server at once. Default: 4. */
  readonly maxConnections?: number
  /**
   * Sign a proof for each request, with `jti`, `htm` and `htu`: for resource servers that require it.
   * Default: false, one proof for each token and connection.
   */
  readonly perRequestClaims?: boolean
  readonly clock?: Clock
  readonly onEvent?: (event: ServiceEvent) => void
}

/** What `fetch` takes, and whose token to use. */
export interface ServiceRequestInit extends RequestInit {
  /** The token of this request alone: for a connection that carries the requests of several users. */
  readonly accessToken?: AccessTokenSource
}

/** Calls resource servers with tokens that are bound to this service's certificate and TLS session. */
export interface Service {
  /** What the authorization server is to bind the tokens to: the value of `tmb`. */
  readonly confirmation: SessionConfirmation
  /**
   * Makes one request, as `fetch` does, with token and proof.
   *
   * Does not follow redirects: the token is for nobody else. Does not decode a compressed answer.
   * A body is read whole before it is sent. A proof that is refused is signed anew, and a token that
   * is refused is asked for anew, once each; then the answer is the caller's.
   *
   * @throws {ServiceError} `resource_server_unknown`, `connection_failed`, `protocol_refused`,
   *   `session_unavailable`
   */
  fetch(input: string | URL | Request, init?: ServiceRequestInit): Promise<Response>
  /** Ends all connections, also those with requests under way. */
  close(): void
}

/**
 * Creates the calling half of a service.
 *
 * Does not check what a resource server answers, beyond the refusals of its own proofs and tokens.
 *
 * @throws {TypeError} with one sentence that says which option to change.
 * @see https://datatracker.ietf.org/doc/html/draft-mw-oauth-tls-session-bound-tokens-06#section-3.3
 */
export function createService(options: ServiceOptions): Service {
  const { transport = httpsTransport(), maxConnections = 4, onEvent = () => undefined } = options
  if (!Number.isSafeInteger(maxConnections) || maxConnections < 1) {
    throw new TypeError('maxConnections must be a whole number, 1 or more')
  }
  if (typeof options.accessToken !== 'function') {
    throw new TypeError('accessToken must be a function')
  }
  const resourceServers = new Set(options.resourceServers.map(parseOrigin))
  const prover = createSessionProver(options)
  const { certificate, privateKey, ca } = options
  const pool = createConnectionPool({
    tls: { certificate, privateKey, ca },
    transport,
    maxConnections,
    onOpen: (resourceServer) => {
      onEvent({ type: 'connection_opened', resourceServer })
    },
  })
  const send = createSender({
    pool,
    prover,
    perRequestClaims: options.perRequestClaims ?? false,
    onEvent,
  })

  return {
    confirmation: prover.confirmation,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      const { origin } = new URL(request.url)
      if (!resourceServers.has(origin)) throw new ServiceError('resource_server_unknown')

      const { accessToken = options.accessToken } = init ?? {}
      return send({ origin, request: await readOutgoing(request), accessToken })
    },
    close: pool.close,
  }
}

function parseOrigin(resourceServer: string): string {
  const isOrigin = URL.canParse(resourceServer) && new URL(resourceServer).protocol === 'https:'
  if (!isOrigin) throw new TypeError('resourceServers must be https URLs')

  return new URL(resourceServer).origin
}
