import {
  DPOP_HEADER,
  DPOP_NONCE_HEADER,
  DPOP_SCHEME,
  INVALID_TOKEN,
  USE_DPOP_NONCE,
} from '@tmb-kit/core'
import { getAccessToken } from './access-token.js'
import { parseDpopChallenge } from './challenge.js'
import { stepUp } from './login.js'
import type { Page } from './page.js'
import type { ResourceServer } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/** The two header fields of one request, by lower-case name. */
export type Authorization = Readonly<Record<'authorization' | 'dpop', string>>

/**
 * The configured resource server that a request goes to.
 *
 * @throws {@link TmbError} `origin_not_allowed` - there is none.
 * @throws {@link TmbError} `header_not_allowed` - it brings credentials of its own.
 */
export function serverOf(page: Page, { url, headers }: Request): ResourceServer {
  // A Request's URL is in normal form. Its origin alone would do for a blob: URL too.
  const server = page.resourceServers.find(({ origin }) => url.startsWith(`${origin}/`))
  if (!server) throw new TmbError('origin_not_allowed')
  if (headers.has('Authorization') || headers.has(DPOP_HEADER)) {
    throw new TmbError('header_not_allowed')
  }
  return server
}

/** Signs one request for one sending. */
export async function authorize(
  page: Page,
  request: Request,
  server = serverOf(page, request),
  token = getAccessToken(page, server),
): Promise<Authorization> {
  const { value, ath, signer } = await token
  const dpop = await signer.sign(request, page.nonces.get(server.origin), ath)
  return { authorization: `${DPOP_SCHEME} ${value}`, dpop }
}

/**
 * Step 8 of docs/flow.md: sends one request, and at most once more for a nonce and for a token.
 *
 * @param request Never sent itself: its clones take the body along, byte for byte, each time.
 */
export async function boundFetch(page: Page, request: Request): Promise<Response> {
  const { fetch, nonces } = page
  const { signal } = request
  const server = serverOf(page, request)
  // Lets this caller go, while what it waited for goes on for the others.
  const aborted = new Promise<never>((_, reject) => {
    signal.onabort = () => reject(signal.reason as Error)
    signal.throwIfAborted()
  })
  let token = getAccessToken(page, server)
  let tried = ''

  for (;;) {
    const authorization = await Promise.race([aborted, authorize(page, request, server, token)])
    if (nonces !== page.nonces) throw new TmbError('no_session')

    const signed = request.clone()
    for (const [name, value] of Object.entries(authorization)) signed.headers.set(name, value)
    const response = await fetch(signed)
    const nonce = response.headers.get(DPOP_NONCE_HEADER)
    if (nonce) nonces.set(server.origin, nonce)
    if (response.status !== 401) return response

    const challenge = parseDpopChallenge(response.headers.get('WWW-Authenticate'))
    const { error = '' } = challenge
    if (error === 'insufficient_user_authentication' && page.stepUp !== 'answer') {
      const login = stepUp(page, challenge)
      if (page.stepUp === 'navigate') return login()
      throw new TmbError('step_up_required', { login })
    }
    const isTried = tried.includes(error)
    if (error === INVALID_TOKEN && !isTried) token = getAccessToken(page, server, await token)
    else if (error !== USE_DPOP_NONCE) return response
    else if (isTried) throw new TmbError(error)
    tried += error
  }
}
