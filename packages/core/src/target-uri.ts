import type { Branded } from './branded.js'

/** An absolute http(s) URI in the normal form of RFC 3986 section 6.2, without query and fragment. */
export type TargetUri = Branded<'TargetUri'>

// Parsed with a strict expression, not with `new URL`: that one repairs back slashes, tabs and
// encoded hosts, and what one side repairs the other side may read differently.
const HTTP_URI = /^(https?):\/\/(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]*))?(\/.*)?$/i

// Visible ASCII without the characters that no serialiser leaves in a URI. `|`, `^` and brackets
// are not in RFC 3986's path either, but browsers send them as they are.
const PATH_CHARACTERS = /^(?:[!$&-;=@-Z[\]^_a-z|~]|%[0-9A-Fa-f]{2})*$/
const TAIL_CHARACTERS = /^[!-~]*$/
const UNRESERVED = /[A-Za-z0-9._~-]/
const NOT_IN_PATH = /[[\]^|]/g

/**
 * Reads a target URI and brings it into the form in which `htu` is made and compared.
 *
 * Normalised: scheme and host case, default port, case of percent-encodings, encoded unreserved
 * characters, dot segments, empty path. Kept as they are: a trailing slash, path case, `%2F`.
 *
 * @returns `undefined` for a relative reference, another scheme, user information, an empty or
 *   encoded host, a back slash, white space, a control character, or a broken percent-encoding.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-4.3
 * @see https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2
 */
export function parseTargetUri(value: unknown): TargetUri | undefined {
  if (typeof value !== 'string') return undefined

  const tailAt = value.search(/[?#]/)
  const uri = tailAt === -1 ? value : value.slice(0, tailAt)
  if (!PATH_CHARACTERS.test(uri) || !TAIL_CHARACTERS.test(value.slice(uri.length))) return undefined

  const [, scheme, host, port, path = '/'] = HTTP_URI.exec(uri) ?? []
  if (scheme === undefined || host === undefined) return undefined

  const origin = normalizeOrigin(scheme.toLowerCase(), host.toLowerCase(), port)
  if (origin === undefined) return undefined
  return `${origin}${removeDotSegments(normalizeEncoding(path))}` as TargetUri
}

/** The scheme, host and port of a target URI, without a trailing slash. */
export function originOf(targetUri: TargetUri): string {
  return targetUri.slice(0, targetUri.indexOf('/', targetUri.indexOf('//') + 2))
}

/** Names and dotted addresses must be spelled as they are used; IPv6 has many spellings of one. */
function normalizeOrigin(scheme: string, host: string, port = ''): string | undefined {
  const spelled = `${scheme}://${host}${port === '' ? '' : `:${port}`}`
  if (!URL.canParse(spelled)) return undefined

  const { origin, hostname } = new URL(spelled)
  return host.startsWith('[') || hostname === host ? origin : undefined
}

function normalizeEncoding(path: string): string {
  return path
    .replace(/%[0-9a-f]{2}/gi, (encoded) => {
      const character = String.fromCharCode(Number.parseInt(encoded.slice(1), 16))
      return UNRESERVED.test(character) ? character : encoded.toUpperCase()
    })
    .replace(NOT_IN_PATH, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
}

/** RFC 3986 section 5.2.4, for a path that begins with a slash. */
function removeDotSegments(path: string): string {
  const kept: string[] = []
  const segments = path.slice(1).split('/')
  for (const [index, segment] of segments.entries()) {
    const isLast = index === segments.length - 1
    if (segment === '..') kept.pop()
    if (segment !== '.' && segment !== '..') kept.push(segment)
    else if (isLast) kept.push('')
  }
  return `/${kept.join('/')}`
}
