import { pauseTraces, resumeTraces, type ProofErrorCode } from '@tmb-kit/core'
import type { RefusalCode } from './refusal.js'

/** Why a request was refused. Stable across minor releases. */
export type AccessTokenErrorCode = ProofErrorCode | RefusalCode

/** What goes back to whoever sent a refused request. */
export interface RefusalResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON text, or nothing where RFC 6750 section 3.1 wants no error told. */
  readonly body: string | undefined
}

/**
 * A request was refused, or could not be judged. Holds no token, proof, header or claim, so it is
 * safe to log whole. It has no stack trace: a refusal is a verdict, and must cost less than an
 * acceptance.
 */
export class AccessTokenError extends Error {
  override readonly name: string = 'AccessTokenError'
  /** Stable across minor releases. Switch on this, never on `message`. */
  readonly code: AccessTokenErrorCode
  /** 400, 401, 403, or 503 where a part of the resource server itself failed. */
  readonly status: number
  /** The answer in parts, for frameworks that do not take a `Response`. */
  readonly response: RefusalResponse

  constructor(code: AccessTokenErrorCode, message: string, response: RefusalResponse) {
    const traces = pauseTraces()
    super(message)
    resumeTraces(traces)
    this.code = code
    this.status = response.status
    this.response = response
  }

  /** The answer: status, challenges, `Cache-Control: no-store`, and a nonce where one is offered. */
  toResponse(): Response {
    const { status, headers, body } = this.response
    return new Response(body, { status, headers })
  }
}
