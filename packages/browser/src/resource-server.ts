/** An API that the page may call, and what to ask a token for it with. */
export interface ResourceServer {
  /** Scheme, host and port, as in `https://api.example`. */
  readonly origin: string
  /** What the backend calls it (RFC 8707). Left out: the only one that the backend knows. */
  readonly resource?: string | undefined
  /** Left out: every scope of it that the user granted. */
  readonly scope?: string | undefined
}

/**
 * Reads the allow-list. A plain string is an origin; where there are several, it is the `resource`
 * as well, just as it is written.
 *
 * @throws {TypeError} for what is no https origin (loopback may be http), or has a path.
 */
export function parseResourceServers(
  values: readonly (string | ResourceServer)[],
): readonly ResourceServer[] {
  return values.map((value) => {
    const entry =
      typeof value === 'string'
        ? { origin: value, resource: values.length > 1 ? value : undefined }
        : value
    const url = parseSafeUrl(entry.origin)
    if (url === undefined || url.href !== `${url.origin}/`) {
      throw new TypeError(`resourceServers: ${entry.origin} is no https origin`)
    }
    return { ...entry, origin: url.origin }
  })
}

/** An absolute https URL; http only on this machine itself. */
export function parseSafeUrl(value: unknown): URL | undefined {
  if (!URL.canParse(value as string)) return undefined

  const url = new URL(value as string)
  const isLoopback = /^(?:(?:.+\.)?localhost|127(?:\.\d+){3}|\[::1\])$/.test(url.hostname)
  return url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback) ? url : undefined
}
