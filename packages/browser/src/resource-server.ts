/** An API that the page may call, where the backend must be told more than its origin. */
export interface ResourceServer {
  readonly origin: string
  /** What the backend calls it (RFC 8707). `undefined`: the only one that the backend knows. */
  readonly resource?: string | undefined
  /** Which scope its tokens are asked for. `undefined`: all that was granted for it. */
  readonly scope?: string | undefined
}

/** An origin alone counts as the `resource` as well, as it is written, where there are several. */
export type ResourceServerOption = string | ResourceServer

/**
 * Reads the allow-list.
 *
 * @throws {TypeError} for what is no https origin (loopback may be http), or has a path.
 */
export function parseResourceServers(
  values: readonly ResourceServerOption[],
): readonly ResourceServer[] {
  return values.map((value) => {
    const server =
      typeof value === 'string' ? { origin: value, resource: values[1] && value } : value
    const url = parseSafeUrl(server.origin)
    if (url?.href !== `${url?.origin}/`) throw new TypeError(server.origin)
    return { ...server, origin: url.origin }
  })
}

/** An absolute https URL; http only where nothing leaves this machine. */
export function parseSafeUrl(value: unknown): URL | undefined {
  if (!URL.canParse(value as string)) return undefined

  const url = new URL(value as string)
  const isSafe = /^(https:|http:\/\/([^/]+\.)?(localhost|127[.\d]+|\[::1])(:|$))/.test(url.origin)
  return isSafe ? url : undefined
}
