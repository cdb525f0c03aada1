import { unfollowedRedirects } from '@tmb-kit/core'
import { readBytes } from '../read-bytes.js'
import { AuthorizationServerError } from './authorization-server-error.js'
import type { CallGate } from './call-gate.js'

/** From the first octet that we send to the last that we read. */
export const CALL_DEADLINE_SECONDS = 10

const MAX_ANSWER_OCTETS = 64 * 1024
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308]

export interface GuardedFetchOptions {
  readonly fetch: typeof fetch
  readonly gate: CallGate
  /** Default: 10 s. A refresh has longer, since its answer may hold the only good refresh token. */
  readonly deadlineSeconds?: number
}

/**
 * A fetch for an authorization server that may be slow, huge, or somebody else.
 *
 * Follows no redirect: a 307 would send the client's secret and a refresh token again, elsewhere.
 * Every call goes through the gate, and waits there no longer than its deadline.
 * The whole body is read here, under the deadline: on Node 20 an abort is lost once the headers are
 * in and garbage collection ran, so the deadline races the reading instead of trusting the signal.
 *
 * @throws {AuthorizationServerError} `unavailable`, `response_invalid`
 */
export function createGuardedFetch(options: GuardedFetchOptions): typeof fetch {
  const { deadlineSeconds = CALL_DEADLINE_SECONDS } = options
  const redirect = unfollowedRedirects()

  return async (input, init) => {
    const pass = options.gate.enter(urlOf(input))
    const aborting = new AbortController()
    const deadline = startDeadline(deadlineSeconds)
    const exchange = async (): Promise<Response> => {
      await pass.granted
      const response = await options.fetch(input, {
        ...init,
        redirect,
        signal: aborting.signal,
      })
      const isRedirect = response.type === 'opaqueredirect' || REDIRECTS.includes(response.status)
      const octets = isRedirect ? undefined : await readBytes(response.body, MAX_ANSWER_OCTETS)
      if (octets === undefined) throw new AuthorizationServerError('response_invalid')

      const { status, headers } = response
      return new Response(octets.length === 0 ? null : octets, { status, headers })
    }

    try {
      const response = await Promise.race([exchange(), deadline.passed])
      pass.report(response.status >= 500)
      return response
    } catch (error) {
      const failure = toAuthorizationServerError(error)
      pass.report(failure.code === 'unavailable')
      throw failure
    } finally {
      deadline.clear()
      aborting.abort()
      pass.leave()
    }
  }
}

function urlOf(input: RequestInfo | URL): string {
  return input instanceof Request ? input.url : String(input)
}

function startDeadline(seconds: number) {
  let timer: ReturnType<typeof setTimeout> | undefined
  const passed = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new AuthorizationServerError('unavailable')), seconds * 1000)
  })
  return { passed, clear: () => clearTimeout(timer) }
}

/** The platform's error may quote the URL or the body: ours says only which of the two it was. */
function toAuthorizationServerError(error: unknown): AuthorizationServerError {
  if (error instanceof AuthorizationServerError) return error

  const { message, cause } = error instanceof Error ? error : new Error()
  const texts = [message, cause instanceof Error ? cause.message : '']
  const redirected = texts.some((text) => text.includes('redirect'))
  return new AuthorizationServerError(redirected ? 'response_invalid' : 'unavailable')
}
