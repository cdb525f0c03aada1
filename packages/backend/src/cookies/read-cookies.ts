import { RefusalError } from '../errors.js'
import { COOKIE_PREFIX } from './cookie-names.js'

/** Our cookies of a request, by name, in the order in which the browser sent them. */
export type Cookies = ReadonlyMap<string, string>

const OUR_NAMES = new RegExp(`(?:^|[;,])[ \\t]*(${COOKIE_PREFIX}[A-Za-z0-9_-]*)=`, 'g')

/**
 * Reads our cookies from the raw header.
 *
 * @throws {RefusalError} `invalid_request` - two cookies of one name: parsers differ in which one
 *   they take, so somebody could have planted one of them.
 */
export function readCookies(request: Request): Cookies {
  const header = request.headers.get('Cookie') ?? ''
  const cookies = new Map<string, string>()
  for (const pair of header.split(';')) {
    const [name, value] = splitOnce(pair.trim(), '=')
    if (!name.startsWith(COOKIE_PREFIX) || value === undefined) continue
    if (cookies.has(name)) throw new RefusalError('invalid_request')
    cookies.set(name, value)
  }
  // Some servers join repeated Cookie fields with a comma. None of our values holds one.
  if (header.includes(',')) assertOnce(header)
  return cookies
}

function assertOnce(header: string): void {
  const names = [...header.matchAll(OUR_NAMES)].map(([, name]) => name)
  if (new Set(names).size !== names.length) throw new RefusalError('invalid_request')
}

function splitOnce(text: string, separator: string): readonly [string, string?] {
  const at = text.indexOf(separator)
  return at === -1 ? [text] : [text.slice(0, at), text.slice(at + 1)]
}
