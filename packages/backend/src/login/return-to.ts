import type { Branded } from '@tmb-kit/core'

/** A path on the application's own origin, with its query and fragment, as it stands in `Location`. */
export type ReturnTo = Branded<'ReturnTo'>

const MAX_LENGTH = 2048

// Printable ASCII without the back slash: browsers drop tabs and line ends, and turn a back slash
// into a slash. A second slash, plain or encoded, could begin a host in somebody's reading.
const LOCAL_PATH = /^\/(?![/\\]|%2f|%5c)[!-[\]-~]*$/i

/**
 * Reads `return_to`, and writes it anew.
 *
 * @returns `undefined` for whatever is not a path of `origin`.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-4.11.1
 */
export function parseReturnTo(value: unknown, origin: string): ReturnTo | undefined {
  if (typeof value !== 'string' || value.length > MAX_LENGTH) return undefined
  if (!LOCAL_PATH.test(value) || !URL.canParse(value, origin)) return undefined

  const url = new URL(value, origin)
  if (url.origin !== origin || url.username !== '' || url.password !== '') return undefined

  // Dot segments are gone by now, and may have left two slashes at the start: `/.//host`.
  const path = `${url.pathname}${url.search}${url.hash}`
  return LOCAL_PATH.test(path) ? (path as ReturnTo) : undefined
}

/** The same place, told that something went wrong. */
export function withError(returnTo: ReturnTo, error: string, origin: string): string {
  const url = new URL(returnTo, origin)
  url.searchParams.set('error', error)
  return `${url.pathname}${url.search}${url.hash}`
}
