import { DPOP_HEADER, DPOP_SCHEME, INVALID_TOKEN, USE_DPOP_NONCE } from '@tmb-kit/core'
import type { AccessToken, AccessTokens } from './access-token.js'
import { parseDpopChallenge } from './challenge.js'
import type { NonceCache } from './nonce-cache.js'
import type { PageSession } from './page-session.js'
import type { ResourceServer } from './resource-server.js'
import { stepUp, type Login } from './step-up.js'
import { TmbError } from './tmb-error.js'
import type { Observe } from './tmb-event.js'

export interface BoundFetchOptions {
  readonly fetch: typeof fetch
  readonly resourceServers: readonly ResourceServer[]
  readonly tokens: AccessTokens
  readonly nonces: NonceCache
  readonly page: PageSession
  readonly observe: Observe
  readonly login: Login
  readonly navigateToStepUp: boolean
}

/** The two header values of one request. */
export interface Authorization {
  readonly authorization: string
  readonly dpop: string
}

export interface BoundFetch {
  fetch(request: Request): Promise<Response>
  /** @param nonce The one of the API's last answer, which this package has not seen. */
  authorize(request: Request, nonce?: string): Promise<Authorization>
}

export function createBoundFetch(options: BoundFetchOptions): BoundFetch {
  const { fetch, resourceServers, tokens, nonces, page, observe, login } = options

  const serverOf = ({ origin }: URL): ResourceServer => {
    const server = resourceServers.find((allowed) => allowed.origin === origin)
    if (server === undefined) throw new TmbError('origin_not_allowed')
    return server
  }
  const sign = async (
    { value, signer }: AccessToken,
    { method }: Request,
    url: URL,
  ): Promise<Authorization> => {
    const nonce = nonces.of(url.origin)
    const dpop = await signer.sign({ method, url, accessToken: value, nonce })
    return { authorization: `${DPOP_SCHEME} ${value}`, dpop }
  }

  const send = async (
    request: Request,
    { authorization, dpop }: Authorization,
  ): Promise<Response> => {
    const headers = new Headers(request.headers)
    headers.set('Authorization', authorization)
    headers.set(DPOP_HEADER, dpop)
    // The clone takes the body along, so that the request can be sent once more, byte for byte.
    return fetch(
      new Request(request.clone(), {
        headers,
        mode: 'cors',
        credentials: 'omit',
        redirect: 'error',
      }),
    )
  }

  return {
    authorize: async (request, nonce) => {
      const url = new URL(request.url)
      const server = serverOf(url)
      if (nonce !== undefined) nonces.set(server.origin, nonce)
      return sign(await tokens.get(server), request, url)
    },

    fetch: async (request) => {
      const { method, signal, headers } = request
      const url = new URL(request.url)
      const server = serverOf(url)
      if (headers.has('Authorization') || headers.has(DPOP_HEADER)) {
        throw new TmbError('header_not_allowed')
      }

      const epoch = page.epoch()
      const shown = url.origin + url.pathname
      let mayAskNonce = true
      let mayRenew = true
      let token = await untilAborted(signal, tokens.get(server))
      for (;;) {
        const usedNonce = nonces.of(url.origin)
        const authorization = await sign(token, request, url)
        signal.throwIfAborted()
        page.assertCurrent(epoch)
        const response = await send(request, authorization)
        nonces.learn(url.origin, response)
        observe({ type: 'request_answered', method, url: shown, status: response.status })
        if (response.status !== 401) return response

        const challenge = parseDpopChallenge(response.headers.get('WWW-Authenticate'))
        const error = challenge.get('error')
        const algs = challenge.get('algs')
        if (algs !== undefined && !algs.split(' ').includes(token.signer.algorithm)) {
          throw new TmbError('algorithm_not_supported')
        }
        if (error === USE_DPOP_NONCE) {
          if (!mayAskNonce || nonces.of(url.origin) === usedNonce) {
            throw new TmbError('use_dpop_nonce')
          }
          mayAskNonce = false
          observe({ type: 'request_retried', reason: 'nonce', url: shown })
        } else if (error === INVALID_TOKEN && mayRenew) {
          mayRenew = false
          observe({ type: 'request_retried', reason: 'access_token', url: shown })
          token = await untilAborted(signal, tokens.get(server, token))
        } else if (error === 'insufficient_user_authentication') {
          const signIn = stepUp(login, challenge.get('acr_values'), challenge.get('max_age'))
          if (options.navigateToStepUp) return signIn()
          throw new TmbError('step_up_required', { login: signIn })
        } else return response
      }
    },
  }
}

/** Lets one caller go, while what it waited for goes on for the others. */
async function untilAborted<T>(signal: AbortSignal, shared: Promise<T>): Promise<T> {
  signal.throwIfAborted()
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  return Promise.race([shared, aborted])
}
