import {
  DPOP_HEADER,
  DPOP_NONCE_HEADER,
  DPOP_SCHEME,
  INVALID_TOKEN,
  USE_DPOP_NONCE,
} from '@tmb-kit/core'
import { getAccessToken, type AccessToken } from './access-token.js'
import { parseDpopChallenge } from './challenge.js'
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
export function serverOf(
  page: Page,
  { url, headers }: Pick<Request, 'url'> & Partial<Request>,
): ResourceServer {
  // The URL is in normal form. Its origin alone would do for a blob: URL too.
  const server = page.resourceServers.find(({ origin }) => url.startsWith(`${origin}/`))
  if (!server) throw new TmbError('origin_not_allowed')
  if (headers?.has('Authorization') || headers?.has(DPOP_HEADER)) {
    throw new TmbError('header_not_allowed')
  }
  return server
}

/**
 * The two header fields of one request that something else than `fetch` will send.
 *
 * @throws {@link TmbError} as {@link boundFetch} does before it sends anything.
 */
export async function authorize(
  page: Page,
  { method, url }: { readonly method: string; readonly url: string | URL },
): Promise<Authorization> {
  const { href } = new URL(url, page.location.href)
  // As fetch and XMLHttpRequest do with these, and with no other.
  const isKnown = /^(delete|get|head|options|post|put)$/i.test(method)
  const request = { method: isKnown ? method.toUpperCase() : method, url: href }
  const server = serverOf(page, request)
  return sign(request, server, getAccessToken(page, server))
}

async function sign(
  request: Pick<Request, 'method' | 'url'>,
  { origin }: ResourceServer,
  token: Promise<AccessToken>,
): Promise<Authorization> {
  const { value, ath, signer } = await token
  const dpop = await signer.sign(request, signer.nonces[origin], ath)
  return { authorization: `${DPOP_SCHEME} ${value}`, dpop }
}

/**
 * Step 8 of docs/flow.md: sends one request, and at most once more for a nonce and for a token.
 *
 * What is sent are clones of one copy in normal form: they take the body along, byte for byte, each
 * time. No cookies, no redirects.
 *
 * @throws {@link TmbError} before anything is sent, or when the API is not content.
 */
export async function boundFetch(
  page: Page,
  input: RequestInfo | URL,
  init?: RequestInit,
): Promise<Response> {
  const request = new Request(new Request(input, init), { credentials: 'omit', redirect: 'error' })
  const { accessTokens, fetch } = page
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
    const credentials = await Promise.race([aborted, sign(request, server, token)])
    if (accessTokens !== page.accessTokens) throw new TmbError('no_session')

    const signed = request.clone()
    for (const [name, value] of Object.entries(credentials)) signed.headers.set(name, value)
    const response = await fetch(signed)
    const { headers, status } = response
    const nonce = headers.get(DPOP_NONCE_HEADER)
    if (nonce) (await token).signer.nonces[server.origin] = nonce
    if (status !== 401) return response

    const { error = '' } = parseDpopChallenge(headers.get('WWW-Authenticate'))
    const isTried = tried.includes(error)
    if (error === INVALID_TOKEN && !isTried) token = getAccessToken(page, server, await token)
    else if (error !== USE_DPOP_NONCE) return response
    else if (isTried) throw new TmbError(error)
    tried += error
  }
}
