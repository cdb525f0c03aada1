import type { Branded } from './branded.js'
import { computeSha256 } from './sha256.js'
import type { Soon } from './soon.js'

/** base64url SHA-256 thumbprint of a public key: 43 characters, canonical form only. */
export type Jkt = Branded<'Jkt'>

// 256 bits in 43 characters leave two zero bits in the last one, so only sixteen endings are
// canonical. Any other ending is a second spelling of the same bytes and must not compare equal.
const CANONICAL_JKT = /^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$/

// RFC 7638 section 3.2 and RFC 8037 section 2: the members that make a key, in hashing order.
const THUMBPRINT_MEMBERS: ReadonlyMap<unknown, readonly (keyof JsonWebKey)[]> = new Map([
  ['EC', ['crv', 'kty', 'x', 'y']],
  ['OKP', ['crv', 'kty', 'x']],
  ['RSA', ['e', 'kty', 'n']],
])

/** Reads a thumbprint from outside. `undefined` means it is none: refuse, with your own code. */
export function parseJkt(value: unknown): Jkt | undefined {
  return typeof value === 'string' && CANONICAL_JKT.test(value) ? (value as Jkt) : undefined
}

/**
 * Computes the RFC 7638 thumbprint of a public key of type `EC`, `OKP` or `RSA`.
 *
 * Does not check that the key is a point on its curve, nor that its members are canonical.
 * Only the members that make the key count: `alg`, `kid`, `use`, `key_ops` and `ext` change nothing.
 *
 * @throws {TypeError} for another key type, or a required member that is missing.
 * @see https://www.rfc-editor.org/rfc/rfc7638#section-3
 */
export async function computeJkt(publicJwk: JsonWebKey): Promise<Jkt> {
  return thumbprintOf(publicJwk)
}

/** The same at once, where hashing needs no promise. Throws what {@link computeJkt} rejects with. */
export function thumbprintOf(publicJwk: JsonWebKey): Soon<Jkt> {
  const members = THUMBPRINT_MEMBERS.get(publicJwk.kty)
  if (members === undefined) throw new TypeError('jwk: kty must be EC, OKP or RSA')

  let canonical = ''
  for (const member of members) {
    const value = publicJwk[member]
    if (typeof value !== 'string') throw new TypeError(`jwk: ${member} must be a string`)
    canonical += `${canonical === '' ? '{' : ','}"${member}":${JSON.stringify(value)}`
  }
  return computeSha256(`${canonical}}`) as Soon<Jkt>
}
