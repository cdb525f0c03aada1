import type { RefusalCode } from '../errors.js'
import type { BackendEvent } from '../events.js'

/** A request as telemetry sees it: nothing that came with it. */
export interface ObservedRequest {
  /** One of our endpoints, or `other`. */
  readonly endpoint: string
  /** One of the methods that HTTP defines, or `_OTHER`. */
  readonly method: string
}

/** What came of a request. */
export interface ObservedAnswer {
  readonly status: number
  /** The word of a refusal. */
  readonly error: RefusalCode | undefined
}

/** A call to the authorization server. */
export interface ObservedCall {
  readonly method: string
  /** Its host, with the port where there is one. */
  readonly host: string
  /** Without the query. */
  readonly path: string
}

/**
 * Watches the backend from inside. It is given no token, cookie, code, proof, assertion or query, and
 * must run what it is given exactly once, and hand through what comes of it.
 */
export interface Telemetry {
  request<Answer extends ObservedAnswer>(
    request: ObservedRequest,
    run: () => Promise<Answer>,
  ): Promise<Answer>
  /** The answer's headers only: reading the body is not part of it. */
  call(call: ObservedCall, run: () => Promise<Response>): Promise<Response>
  event(event: BackendEvent): void
}
