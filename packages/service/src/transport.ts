import type { TLSSocket } from 'node:tls'

/** A request as it goes out: whole, so that it can be sent once more. */
export interface OutgoingRequest {
  readonly method: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array | undefined
  readonly signal: AbortSignal
}

/** An answer whose status and headers are there, and whose body may still be under way. */
export interface Answer {
  readonly response: Response
  /** Settles when the body has ended, one way or another: the connection is free then. */
  readonly ended: Promise<void>
}

/** HTTP over one TLS connection that is open, and over no other. */
export interface Connection {
  /** @throws whatever the connection failed with, before there was an answer. */
  send(request: OutgoingRequest): Promise<Answer>
  /** Whether a further request may be tried. */
  isOpen(): boolean
  close(): void
}

/** A way of speaking HTTP. The service opens the TLS connections, and knows which request goes where. */
export interface Transport {
  /** What is offered to the server, RFC 7301: `http/1.1` or `h2`. */
  readonly protocols: readonly string[]
  /** How many requests a connection takes at once. */
  readonly concurrency: number
  /**
   * @param socket Connected, its handshake done.
   * @param origin The resource server: scheme, host and port.
   */
  attach(socket: TLSSocket, origin: string): Connection
}
