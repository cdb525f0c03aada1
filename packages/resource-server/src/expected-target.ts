import { originOf, parseTargetUri, type TargetUri } from '@tmb-kit/core'

/** A public base URL of this resource server. */
interface Base {
  readonly origin: string
  /** The mount prefix without a trailing slash; empty for none. */
  readonly prefix: string
}

/**
 * Says which target URI a proof for a request must name; `undefined` for a path that no URI can have,
 * with a broken percent-encoding say: no proof can name it either.
 *
 * @param forwardedOrigin What a trusted proxy says of the request's origin.
 */
export type ExpectedTarget = (requestUrl: string, forwardedOrigin?: string) => TargetUri | undefined

/** A path that is its own normal form at first sight: nothing encoded, no dot segment, none empty. */
const PLAIN_PATH = /^(?:\/|(?:\/[\w~-][\w.~-]*)+\/?)$/

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
  const longestFirst = bases.toSorted((left, right) => right.prefix.length - left.prefix.length)
  const [first = { origin: '', prefix: '' }] = bases

  return (requestUrl, forwardedOrigin) => {
    const { origin, path, isNormal } = splitUrl(requestUrl, bases)
    const named = forwardedOrigin ?? origin
    const chosen = bases.find((base) => base.origin === named) ?? first
    const mounted = longestFirst.find(
      (base) =>
        base.origin === chosen.origin &&
        (path === base.prefix || path.startsWith(`${base.prefix}/`)),
    )
    const target = `${chosen.origin}${mounted === undefined ? chosen.prefix : ''}${path}`
    return isNormal ? (target as TargetUri) : parseTargetUri(target)
  }
}

/** Origin and path of a request. Most have a plain path on an origin of ours: no need to parse it. */
function splitUrl(requestUrl: string, bases: readonly Base[]) {
  for (const { origin } of bases) {
    if (!requestUrl.startsWith(origin)) continue

    const rest = requestUrl.slice(origin.length)
    const tailAt = rest.search(/[?#]/)
    const path = tailAt === -1 ? rest : rest.slice(0, tailAt)
    if (PLAIN_PATH.test(path)) return { origin, path, isNormal: true }
  }
  const { origin, pathname } = new URL(requestUrl)
  return { origin, path: pathname, isNormal: false }
}

function parseBase(baseUrl: string): Base {
  const targetUri = parseTargetUri(baseUrl)
  if (targetUri === undefined) throw new TypeError('origins must be absolute URLs')

  const origin = originOf(targetUri)
  return { origin, prefix: targetUri.slice(origin.length).replace(/\/+$/, '') }
}
