import { octetsOfBase64url, parseBase64url } from '../base64url.js'
import { isJsonObject, type JsonObject } from '../json-object.js'
import type { ProofAlgorithmParameters } from './proof-algorithm.js'
import { ProofError } from './proof-error.js'
import { isWeakEd25519Key } from './small-order.js'

/** RFC 7518 sections 6.2.2, 6.3.2 and 6.4.1: refused by presence, whatever they hold. */
const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'] as const

/** Members that make a key of some type. One that is not of the key's own type is refused. */
const KEY_MEMBERS = ['crv', 'x', 'y', 'n', 'e'] as const

const MIN_RSA_BITS = 2048
const MAX_RSA_BITS = 4096

/** A public key whose members have been checked: only those that make the key are left. */
export type ProofJwk = Readonly<Record<'kty', string>> & Readonly<Record<string, string>>

/**
 * RFC 9449 section 4.3, items 3 and 7: the `jwk` header holds a public key, and no private one.
 *
 * Does not check that the point is on its curve: importing the key does.
 *
 * @throws {ProofError} `proof_jwk_private`, `proof_jwk_invalid`
 */
export function assertProofJwk(jwk: unknown, parameters: ProofAlgorithmParameters): ProofJwk {
  if (!isJsonObject(jwk)) throw new ProofError('proof_jwk_invalid')
  if (PRIVATE_MEMBERS.some((member) => Object.hasOwn(jwk, member))) {
    throw new ProofError('proof_jwk_private')
  }

  const { kty, crv, publicMembers } = parameters
  const expectedMembers: readonly string[] =
    crv === undefined ? publicMembers : ['crv', ...publicMembers]
  const foreign = KEY_MEMBERS.some(
    (name) => Object.hasOwn(jwk, name) && !expectedMembers.includes(name),
  )
  if (jwk['kty'] !== kty || jwk['crv'] !== crv || foreign || !isForVerifying(jwk)) {
    throw new ProofError('proof_jwk_invalid')
  }
  if (!publicMembers.every((name) => isKeyMember(jwk[name], name, parameters))) {
    throw new ProofError('proof_jwk_invalid')
  }
  const members: Record<string, unknown> = { kty }
  for (const name of expectedMembers) members[name] = jwk[name]
  return members as ProofJwk
}

/** RFC 7517 sections 4.2 and 4.3: a key that says what it is for must be for verifying. */
function isForVerifying(jwk: JsonObject): boolean {
  const { use = 'sig', key_ops: operations = ['verify'] } = jwk
  return use === 'sig' && Array.isArray(operations) && operations.includes('verify')
}

function isKeyMember(value: unknown, name: string, parameters: ProofAlgorithmParameters): boolean {
  if (typeof value !== 'string') return false
  // Which octets they are does not matter here: importing the key looks at the point.
  if (parameters.kty === 'EC') return octetsOfBase64url(value) === parameters.coordinateOctets

  const bytes = parseBase64url(value)
  if (bytes === undefined) return false
  if (parameters.coordinateOctets !== undefined) {
    if (bytes.length !== parameters.coordinateOctets) return false
    return parameters.crv !== 'Ed25519' || !isWeakEd25519Key(bytes)
  }

  const [first = 0, second = 0, third = 0] = bytes
  if (name === 'e') {
    // 65537, or 3: other exponents are a way to make us work, not to sign.
    return bytes.length === 1
      ? first === 3
      : bytes.length === 3 && first === 1 && second === 0 && third === 1
  }
  const bits = bytes.length * 8 - Math.clz32(first) + 24
  return first !== 0 && bits >= MIN_RSA_BITS && bits <= MAX_RSA_BITS
}
