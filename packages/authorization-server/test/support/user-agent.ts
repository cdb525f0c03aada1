/** A browser without scripts: keeps cookies, follows redirects, fills in nothing. */
export interface UserAgent {
  /** Follows redirects of `origin` and stops at the first that leaves it. */
  navigate(url: string): Promise<URL>
  /** Of every answer so far. */
  readonly statuses: readonly number[]
}

export function createUserAgent(origin: string): UserAgent {
  const cookies = new Map<string, string>()
  const statuses: number[] = []

  const navigate = async (url: string): Promise<URL> => {
    if (new URL(url).origin !== origin) return new URL(url)

    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const response = await fetch(url, { headers: { cookie }, redirect: 'manual' })
    statuses.push(response.status)
    for (const line of response.headers.getSetCookie()) {
      const [, name = '', value = ''] = /^([^=]+)=([^;]*)/.exec(line) ?? []
      if (value === '') cookies.delete(name)
      else cookies.set(name, value)
    }
    const location = response.headers.get('Location')
    if (location === null)
      throw new Error(`no redirect but ${response.status}: ${await response.text()}`)
    return navigate(new URL(location, url).href)
  }
  return { navigate, statuses }
}
