import { parseJsonObject, unfollowedRedirects, type JsonObject } from '@tmb-kit/core'

/** From the first octet sent to the last one read. */
const DEADLINE_MILLISECONDS = 10_000

/** Octets after decoding: a small compressed answer can hold very many. */
const MAX_OCTETS = 65_536

/** Members of a key nest in its set, and metadata may nest deeper. */
const MAX_DEPTH = 16

const JSON_TYPE = /^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** A peer did not answer with a JSON object. */
export class FetchJsonError extends Error {
  override readonly name: string = 'FetchJsonError'
  /** The status, when there was an answer at all. */
  readonly status: number | undefined

  constructor(message: string, status?: number, options?: ErrorOptions) {
    super(message, options)
    this.status = status
  }
}

/**
 * Fetches a JSON object from the authorization server, within limits that a broken or hostile one
 * cannot stretch: no redirects, one deadline for everything, a bounded body.
 *
 * @throws {FetchJsonError}
 */
export async function fetchJson(
  url: string,
  options: { readonly fetch: typeof fetch; readonly init?: RequestInit },
): Promise<JsonObject> {
  const controller = new AbortController()
  let abandon: (reason: FetchJsonError) => void = () => undefined
  const deadline = new Promise<never>((_, reject) => {
    abandon = reject
  })
  const timer = setTimeout(() => {
    abandon(new FetchJsonError('no answer in time'))
    controller.abort()
  }, DEADLINE_MILLISECONDS)

  try {
    // Raced, since the signal alone does not end the reading of a body on every runtime.
    return await Promise.race([request(url, options, controller.signal), deadline])
  } finally {
    clearTimeout(timer)
  }
}

async function request(
  url: string,
  { fetch, init }: { readonly fetch: typeof globalThis.fetch; readonly init?: RequestInit },
  signal: AbortSignal,
): Promise<JsonObject> {
  const headers = new Headers(init?.headers)
  headers.set('Accept', 'application/json')
  const redirect = unfollowedRedirects()
  const response = await send(fetch, url, { ...init, headers, redirect, signal })
  // Where a redirect could not be refused, it ends here: its status is not 200.
  if (response.status !== 200 || !JSON_TYPE.test(response.headers.get('content-type') ?? '')) {
    void response.body?.cancel()
    throw new FetchJsonError('not a JSON answer', response.status)
  }

  const body = parseJsonObject(await readText(response), { maxDepth: MAX_DEPTH })
  if (body === undefined) throw new FetchJsonError('not a JSON object', response.status)
  return body
}

async function send(
  fetch: typeof globalThis.fetch,
  url: string,
  init: RequestInit,
): Promise<Response> {
  try {
    return await fetch(url, init)
  } catch (cause) {
    throw new FetchJsonError('no answer', undefined, { cause })
  }
}

async function readText({ body, status }: Response): Promise<string> {
  if (body === null) return ''

  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let octets = 0
  for (;;) {
    const { done, value } = await reader.read()
    if (done) return text + decoder.decode()

    const chunk = value as Uint8Array
    octets += chunk.length
    if (octets > MAX_OCTETS) {
      void reader.cancel()
      throw new FetchJsonError('the answer is too large', status)
    }
    text += decoder.decode(chunk, { stream: true })
  }
}
