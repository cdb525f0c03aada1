/** A request as it goes out, open for reading. */
export interface SentRequest {
  readonly method: string
  readonly url: URL
  readonly headers: Headers
  readonly body: string
}

/** An answer as it came in. */
export interface ReceivedAnswer {
  readonly status: number
  readonly headers: Headers
  readonly body: string
}

/** Told of a request before it is sent. The promise it is given rejects when no answer comes. */
export type Watcher = (request: SentRequest, answer: Promise<ReceivedAnswer>) => void

/**
 * A `fetch` that shows each request and each answer to somebody, and changes neither.
 *
 * What the page displays is what went over the wire, whoever asked for it: a button or the console.
 */
export function watchFetch(send: typeof fetch, watcher: Watcher): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, headers } = request
    const body = await request.clone().text()

    const response = send(request)
    watcher({ method, headers, body, url: new URL(request.url) }, readAnswer(response))
    return response
  }
}

async function readAnswer(response: Promise<Response>): Promise<ReceivedAnswer> {
  const copy = (await response).clone()
  return { status: copy.status, headers: copy.headers, body: await copy.text() }
}
