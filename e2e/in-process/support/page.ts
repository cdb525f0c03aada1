import { createTmb, type Tmb } from '@tmb-kit/browser'

type Handler = (request: Request) => Response | Promise<Response>

/** What went over the wire between the page and everybody else. */
export interface Exchange {
  readonly request: Request
  readonly response: Response
  readonly body: string
}

/** A page of the application in a browser with a cookie jar. */
export interface TestPage {
  readonly tmb: Tmb
  readonly exchanges: readonly Exchange[]
  /** Does what makes the page go away, and waits for where it ends up. */
  navigateBy(deed: () => Promise<unknown>): Promise<URL>
  /** Sends a request as somebody else would: no cookies, no page. */
  sendFromElsewhere(request: Request): Promise<Response>
}

export interface TestPageOptions {
  readonly origin: string
  readonly resourceServer: string
  /** The origins that are served in this process; every other one goes over loopback. */
  readonly served: Readonly<Record<string, Handler>>
}

export function createTestPage({ origin, resourceServer, served }: TestPageOptions): TestPage {
  const jars = new Map<string, Map<string, string>>()
  const exchanges: Exchange[] = []
  let leave: (address: URL) => void = () => undefined

  const send = async (request: Request): Promise<Response> => {
    const handler = served[new URL(request.url).origin]
    return handler === undefined ? fetch(request, { redirect: 'manual' }) : handler(request)
  }
  const sendWithCookies = async (request: Request): Promise<Response> => {
    const site = new URL(request.url).origin
    const jar = jars.get(site) ?? new Map<string, string>()
    jars.set(site, jar)
    const headers = new Headers(request.headers)
    headers.set('Cookie', [...jar].map(([name, value]) => `${name}=${value}`).join('; '))
    const response = await send(new Request(request, { headers }))
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '' || /max-age=0/i.test(line)) jar.delete(name)
      else jar.set(name, value)
    }
    return response
  }
  const follow = async (url: URL): Promise<URL> => {
    const headers = { 'Sec-Fetch-Dest': 'document', 'Sec-Fetch-Mode': 'navigate' }
    const response = await sendWithCookies(new Request(url, { headers, redirect: 'manual' }))
    const location = response.headers.get('Location')
    return location === null ? url : follow(new URL(location, url))
  }
  const fetchFromPage: typeof fetch = async (input, init) => {
    const request = new Request(input instanceof Request ? input : new URL(input, origin), init)
    const isOwn = new URL(request.url).origin === origin
    const headers = new Headers(request.headers)
    headers.set('Origin', origin)
    headers.set('Sec-Fetch-Site', isOwn ? 'same-origin' : 'cross-site')
    const sent = new Request(request, { headers })
    const response = await (isOwn ? sendWithCookies(sent.clone()) : send(sent.clone()))
    exchanges.push({ request: sent, response, body: await response.clone().text() })
    return response
  }
  const location = {
    href: `${origin}/`,
    assign: (url: string | URL) => {
      leave(new URL(url, origin))
    },
  }

  return {
    tmb: createTmb({ resourceServers: [resourceServer], fetch: fetchFromPage, location }),
    exchanges,
    navigateBy: async (deed) => {
      const left = new Promise<URL>((resolve, reject) => {
        leave = resolve
        deed().catch(reject)
      })
      const end = await follow(await left)
      location.href = end.href
      return end
    },
    sendFromElsewhere: send,
  }
}
