/** An API that the page may call. */
export interface ResourceServer {
  readonly origin: string
  /** What the backend calls it (RFC 8707). `undefined`: the only one that the backend knows. */
  readonly resource: string | undefined
}

/**
 * Reads the allow-list. Where there are several, each is the `resource` as well, as it is written.
 *
 * @throws {TypeError} for what is no https origin (loopback may be http), or has a path.
 */
export function parseResourceServers(values: readonly string[]): readonly ResourceServer[] {
  return values.map((value) => {
    const url = parseSafeUrl(value)
    if (url?.pathname !== '/') throw new TypeError(value)
    return { origin: url.origin, resource: values[1] && value }
  })
}

/** An absolute https URL; http only where nothing leaves this machine. */
export function parseSafeUrl(value: unknown): URL | undefined {
  if (!URL.canParse(value as string)) return undefined

  const url = new URL(value as string)
  const isSafe = /^(https:|http:\/\/([^/]+\.)?(localhost|127[.\d]+|\[::1])(:|$))/.test(url.origin)
  return isSafe ? url : undefined
}
