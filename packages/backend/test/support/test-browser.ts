import type { Hono } from 'hono'

export const ORIGIN = 'https://app.test'

/** A page of the application and its cookie jar, talking to a Hono app. */
export interface TestBrowser {
  readonly jar: Map<string, string>
  /** Every answer so far. */
  readonly answers: { readonly path: string; readonly response: Response; readonly body: string }[]
  get(path: string, headers?: Record<string, string | undefined>): Promise<Response>
  post(path: string, body: unknown, headers?: Record<string, string | undefined>): Promise<Response>
  /** A top-level navigation, as it comes from another site. */
  navigate(url: URL | string, headers?: Record<string, string | undefined>): Promise<Response>
  send(request: Request): Promise<Response>
}

const withDefaults = (
  defaults: Record<string, string>,
  changes: Record<string, string | undefined> = {},
): Headers => {
  const headers = new Headers(defaults)
  for (const [name, value] of Object.entries(changes)) {
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
  }
  return headers
}

export function createTestBrowser(app: Hono, jar = new Map<string, string>()): TestBrowser {
  const answers: TestBrowser['answers'] = []

  const send = async (request: Request): Promise<Response> => {
    const cookies = [...jar].map(([name, value]) => `${name}=${value}`).join('; ')
    if (cookies !== '' && !request.headers.has('Cookie')) request.headers.set('Cookie', cookies)
    const response = await app.request(request)
    for (const cookie of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(cookie) ?? []
      if (/;\s*max-age=0/i.test(cookie)) jar.delete(name)
      else jar.set(name, value)
    }
    answers.push({
      path: new URL(request.url).pathname,
      response: response.clone(),
      body: await response.clone().text(),
    })
    return response
  }

  const page = { 'X-CSRF': '1', 'Sec-Fetch-Site': 'same-origin' }
  return {
    jar,
    answers,
    send,
    get: async (path, headers) =>
      send(new Request(`${ORIGIN}${path}`, { headers: withDefaults(page, headers) })),
    post: async (path, body, headers) =>
      send(
        new Request(`${ORIGIN}${path}`, {
          method: 'POST',
          headers: withDefaults(
            { ...page, Origin: ORIGIN, 'Content-Type': 'application/json' },
            headers,
          ),
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
      ),
    navigate: async (url, headers) =>
      send(
        new Request(new URL(url, ORIGIN), {
          headers: withDefaults(
            { 'Sec-Fetch-Site': 'cross-site', 'Sec-Fetch-Dest': 'document' },
            headers,
          ),
        }),
      ),
  }
}
