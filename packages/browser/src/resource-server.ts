import { TmbError } from './tmb-error.js'

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
    const { href, origin } = parseSafeUrl(server.origin)
    if (href !== `${origin}/`) throw new TypeError(href)
    return { ...server, origin }
  })
}

/**
 * Reads an address that the backend gave.
 *
 * @throws {@link TmbError} `url_refused` - no https address, or not of the expected origin.
 */
export function parseBackendsUrl(address: unknown, expectedOrigin?: string): string {
  try {
    const { href, origin } = parseSafeUrl(address)
    if ((expectedOrigin ?? origin) === origin) return href
  } catch {
    // No such address. The word for that is ours.
  }
  throw new TmbError('url_refused')
}

/**
 * An absolute https URL; http only where nothing leaves this machine.
 *
 * @throws {TypeError}
 */
function parseSafeUrl(value: unknown): URL {
  const url = new URL(value as string)
  if (!/^(https:|http:\/\/(.+\.)?(localhost|127[.\d]+|\[::1])(:|$))/.test(url.origin)) {
    throw new TypeError(url.href)
  }
  return url
}
