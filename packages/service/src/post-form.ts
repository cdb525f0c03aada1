import { parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { ServiceError } from './service-error.js'

/** For the whole exchange, its body too. */
const DEADLINE_MILLISECONDS = 10_000
const MAX_ANSWER_OCTETS = 65_536

/** The errors of a token endpoint that say that this request will not do: RFC 6749 section 5.2. */
const REFUSED = [400, 401, 403]

/**
 * Posts a form to the authorization server: no redirects, one deadline, 64 KiB of JSON at most.
 *
 * @throws {ServiceError} `exchange_refused`, `exchange_unavailable`
 */
export async function postForm(
  url: string,
  form: URLSearchParams,
  {
    fetch,
    headers,
  }: {
    readonly fetch: typeof globalThis.fetch
    readonly headers: Readonly<Record<string, string>>
  },
): Promise<JsonObject> {
  const deadline = new AbortController()
  const timer = setTimeout(() => {
    deadline.abort()
  }, DEADLINE_MILLISECONDS)
  try {
    const { signal } = deadline
    const response = await fetch(url, {
      method: 'POST',
      headers: { accept: 'application/json', ...headers },
      body: form,
      redirect: 'error',
      signal,
    })
    const body = parseJsonObject(await readText(response, signal))
    if (REFUSED.includes(response.status)) throw new ServiceError('exchange_refused')
    if (response.status !== 200 || body === undefined)
      throw new ServiceError('exchange_unavailable')
    return body
  } catch (cause) {
    throw cause instanceof ServiceError
      ? cause
      : new ServiceError('exchange_unavailable', { cause })
  } finally {
    clearTimeout(timer)
  }
}

/** Timed by ourselves: on some versions of Node a signal is lost between headers and body. */
async function readText({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) return ''

  const reader = body.getReader() as ReadableStreamDefaultReader<Uint8Array>
  const stop = (): void => void reader.cancel().catch(() => undefined)
  signal.addEventListener('abort', stop, { once: true })
  const decoder = new TextDecoder()
  let text = ''
  for (;;) {
    const { done, value } = await reader.read()
    if (signal.aborted || text.length > MAX_ANSWER_OCTETS) {
      stop()
      throw new ServiceError('exchange_unavailable')
    }
    if (done) return text

    text += decoder.decode(value, { stream: true })
  }
}
