/** Why a request could not be made. Stable across minor releases. */
export type ServiceErrorCode =
  | 'resource_server_unknown'
  | 'connection_failed'
  | 'protocol_refused'
  | 'session_unavailable'
  | 'exchange_refused'
  | 'exchange_unavailable'
  | 'binding_not_applied'

const MESSAGES: Readonly<Record<ServiceErrorCode, string>> = {
  resource_server_unknown: 'the URL is not of a resource server that tokens may be sent to',
  connection_failed: 'the connection to the resource server failed',
  protocol_refused: 'the resource server does not speak the protocol of this transport',
  session_unavailable: 'the connection is no TLS 1.3 session, or has ended',
  exchange_refused: 'the authorization server refused the exchange',
  exchange_unavailable: 'the authorization server did not answer as one does',
  binding_not_applied: 'the authorization server did not bind the token as asked',
}

/** A request could not be made. Holds no token, proof, header or key, so it is safe to log whole. */
export class ServiceError extends Error {
  override readonly name: string = 'ServiceError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: ServiceErrorCode

  constructor(code: ServiceErrorCode, options?: ErrorOptions) {
    super(MESSAGES[code], options)
    this.code = code
  }
}
