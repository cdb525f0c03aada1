import {
  INVALID_SESSION_PROOF,
  INVALID_TOKEN,
  SESSION_BINDING_PROOF_HEADER,
  USE_SESSION_BINDING,
} from '@tmb-kit/core'
import type { AccessTokenSource } from './access-token-source.js'
import type { ConnectionPool, Lease } from './connection-pool.js'
import type { AimedRequest } from './outgoing.js'
import { ServiceError } from './service-error.js'
import type { ServiceEvent } from './service-event.js'
import type { SessionProver } from './session-prover.js'
import type { Answer } from './transport.js'

export interface SenderOptions {
  readonly pool: ConnectionPool
  readonly prover: SessionProver
  readonly perRequestClaims: boolean
  readonly onEvent: (event: ServiceEvent) => void
}

/** A request, where it goes, and where its token comes from. */
export interface Dispatch {
  readonly origin: string
  readonly request: AimedRequest
  readonly accessToken: AccessTokenSource
}

/** Makes one request with token and proof. */
export type Sender = (dispatch: Dispatch) => Promise<Response>

/** What one more attempt may bring along. Each is tried once for one request. */
type Remedy = 'another proof' | 'another token' | 'another connection'

/** RFC 9110 section 9.2.2: to send them twice is as good as once. */
const IDEMPOTENT: readonly string[] = ['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']

/** The errors of a challenge that have a remedy. */
const REMEDIES: Readonly<Record<string, Remedy>> = {
  [USE_SESSION_BINDING]: 'another proof',
  [INVALID_SESSION_PROOF]: 'another proof',
  [INVALID_TOKEN]: 'another token',
}

/** Prepares requests that mend what a resource server refuses, once. */
export function createSender(options: SenderOptions): Sender {
  return async (dispatch) => {
    const tried = new Set<Remedy>()
    for (;;) {
      const outcome = await attempt(dispatch, tried, options)
      if (outcome instanceof Response) return outcome

      tried.add(outcome)
    }
  }
}

async function attempt(
  { origin, request, accessToken: source }: Dispatch,
  tried: ReadonlySet<Remedy>,
  options: SenderOptions,
): Promise<Response | Remedy> {
  const renew = tried.has('another token')
  const accessToken = await source({ resourceServer: origin, renew })
  const lease = await options.pool.lease(origin)
  let answer: Answer
  try {
    answer = await present(accessToken, request, lease, options)
  } catch (error) {
    lease.release()
    if (mayTryAnotherConnection(request, lease, tried)) return 'another connection'
    throw describe(error, request)
  }
  void answer.ended.then(lease.release)
  const remedy = remedyOf(answer.response)
  if (remedy === undefined || tried.has(remedy)) return answer.response

  // Read to its end, so that the connection goes on.
  await answer.response.arrayBuffer()
  options.onEvent({ type: remedy === 'another token' ? 'access_token_refused' : 'proof_refused' })
  options.prover.forget(lease.socket, accessToken)
  return remedy
}

async function present(
  accessToken: string,
  { url, ...request }: AimedRequest,
  { socket, connection }: Lease,
  { prover, perRequestClaims }: SenderOptions,
): Promise<Answer> {
  request.signal.throwIfAborted()
  const proven = perRequestClaims ? { htm: request.method, htu: url } : undefined
  const headers = {
    ...request.headers,
    authorization: `Bearer ${accessToken}`,
    [SESSION_BINDING_PROOF_HEADER.toLowerCase()]: await prover.prove(socket, accessToken, proven),
  }
  return connection.send({ ...request, headers })
}

/** A server may give up a connection that rests just when it is used again, before it reads anything. */
function mayTryAnotherConnection(
  { method, signal }: AimedRequest,
  { isUsed }: Lease,
  tried: ReadonlySet<Remedy>,
): boolean {
  return (
    isUsed && IDEMPOTENT.includes(method) && !signal.aborted && !tried.has('another connection')
  )
}

/** RFC 6750 section 3: the error of the challenge under the scheme that was used. */
function remedyOf({ status, headers }: Response): Remedy | undefined {
  if (status !== 401) return undefined

  const [, error = ''] =
    /^Bearer error="([^"]*)"/i.exec(headers.get('www-authenticate') ?? '') ?? []
  return Object.hasOwn(REMEDIES, error) ? REMEDIES[error] : undefined
}

/** An abort stays an abort, and what is ours already stays what it is. */
function describe(error: unknown, { signal }: AimedRequest): unknown {
  if (signal.aborted) return signal.reason
  return error instanceof ServiceError
    ? error
    : new ServiceError('connection_failed', { cause: error })
}
