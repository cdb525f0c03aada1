/** What a browser shows after a navigation. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** A browser without scripts: keeps cookies by path, follows redirects of one origin. */
export interface Browser {
  open(url: string): Promise<Page>
  /** Sends the form of a page, as its submit button would. */
  submit(
    page: Page,
    fields: Readonly<Record<string, string>>,
    options?: SubmitOptions,
  ): Promise<Page>
}

interface SubmitOptions {
  readonly headers?: Readonly<Record<string, string>>
}

interface Cookie {
  readonly value: string
  readonly path: string
}

export function createBrowser(origin: string): Browser {
  const cookies = new Map<string, Cookie>()

  const cookieHeader = (url: URL): string =>
    [...cookies]
      .filter(([, { path }]) => url.pathname.startsWith(path))
      .map(([key, { value }]) => `${key.split(' ')[0] ?? ''}=${value}`)
      .join('; ')

  const keep = (line: string): void => {
    const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
    const [, path = '/'] = /; path=([^;]*)/i.exec(line) ?? []
    if (value === '') cookies.delete(`${name} ${path}`)
    else cookies.set(`${name} ${path}`, { value, path })
  }

  const request = async (url: URL, init: RequestInit): Promise<Page> => {
    if (url.origin !== origin) return { url, status: 0, headers: new Headers(), text: '' }

    const headers = new Headers(init.headers)
    headers.set('cookie', cookieHeader(url))
    headers.set('accept', 'text/html,*/*;q=0.8')
    const response = await fetch(url, { ...init, headers, redirect: 'manual' })
    response.headers.getSetCookie().forEach(keep)
    const location = response.headers.get('Location')
    if (location !== null) return request(new URL(location, url), {})
    const { status } = response
    return { url, status, headers: response.headers, text: await response.text() }
  }

  return {
    open: async (url) => request(new URL(url), {}),
    submit: async ({ url, text }, fields, options = {}) => {
      const action = /<form[^>]* action="([^"]*)"/.exec(text)?.[1] ?? ''
      const hidden = [...text.matchAll(/<input[^>]*type="hidden"[^>]*>/g)].map(([input]) => [
        /name="([^"]*)"/.exec(input)?.[1] ?? '',
        /value="([^"]*)"/.exec(input)?.[1] ?? '',
      ])
      const body = new URLSearchParams([...hidden, ...Object.entries(fields)])
      return request(new URL(action, url), { method: 'POST', body, ...options })
    },
  }
}
