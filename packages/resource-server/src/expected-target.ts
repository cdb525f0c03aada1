import { originOf, parseTargetUri } from '@tmb-kit/core'

/** A public base URL of this resource server. */
interface Base {
  readonly origin: string
  /** The mount prefix without a trailing slash; empty for none. */
  readonly prefix: string
}

/**
 * Says which target URI a proof for a request must name.
 *
 * @param forwardedOrigin What a trusted proxy says of the request's origin.
 */
export type ExpectedTarget = (requestUrl: string, forwardedOrigin?: string) => string

/**
 * Prepares the expected target URIs. Scheme and authority come from configuration: what a request
 * says of itself (`Host`, an absolute request line) only chooses among the configured origins.
 *
 * A mount prefix that the path has is left as it is. One that it has not was taken off on the way,
 * by a proxy or a router, and is put before the path again.
 *
 * @param origins Public base URLs, checked before.
 */
export function createExpectedTarget(origins: readonly string[]): ExpectedTarget {
  const bases = origins.map(parseBase)

  return (requestUrl, forwardedOrigin) => {
    const url = new URL(requestUrl)
    const { pathname } = url
    const origin = forwardedOrigin ?? url.origin
    const own = bases.filter((base) => base.origin === origin)
    const candidates =
      own.length > 0 ? own : bases.filter((base) => base.origin === bases[0]?.origin)
    const [mounted] = candidates
      .filter(({ prefix }) => pathname === prefix || pathname.startsWith(`${prefix}/`))
      .toSorted((left, right) => right.prefix.length - left.prefix.length)
    if (mounted !== undefined) return `${mounted.origin}${pathname}`

    const [first = { origin: '', prefix: '' }] = candidates
    return `${first.origin}${first.prefix}${pathname}`
  }
}

function parseBase(baseUrl: string): Base {
  const targetUri = parseTargetUri(baseUrl)
  if (targetUri === undefined) throw new TypeError('origins must be absolute URLs')

  const origin = originOf(targetUri)
  return { origin, prefix: targetUri.slice(origin.length).replace(/\/+$/, '') }
}
