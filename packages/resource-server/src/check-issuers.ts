import { isJsonObject, type JsonObject } from '@tmb-kit/core'
import { checkIntrospection } from './introspection/introspection-options.js'
import { isSecureUrl } from './secure-url.js'
import type { IssuerOptions, VerifierOptions } from './verifier-options.js'

const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv']

/**
 * Reads whose tokens count, and by which keys.
 *
 * @throws {TypeError} with one sentence that says what to change.
 */
export function checkIssuers(options: VerifierOptions): readonly IssuerOptions[] {
  const { issuer, jwks, introspection } = options
  const given: readonly unknown[] = Array.isArray(issuer) ? issuer : [issuer]
  if (given.length !== 1 && (jwks !== undefined || introspection !== undefined)) {
    throw new TypeError('jwks, introspection: with several issuers, each has its own')
  }

  const shared = {
    ...(jwks !== undefined && { jwks }),
    ...(introspection !== undefined && { introspection }),
  }
  const issuers = given.map((one) =>
    checkIssuer({ ...(isJsonObject(one) ? one : { issuer: one }), ...shared }),
  )
  if (issuers.length === 0) throw new TypeError('issuer: at least one')
  if (new Set(issuers.map((one) => one.issuer)).size < issuers.length) {
    throw new TypeError('issuer: each only once')
  }
  if (issuers.filter((one) => one.introspection !== undefined).length > 1) {
    throw new TypeError('introspection: one issuer at most, since a token is shown to no other')
  }
  return issuers
}

function checkIssuer({ issuer, jwks, introspection, ...rest }: JsonObject): IssuerOptions {
  const [unknown] = Object.keys(rest)
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option of an issuer`)
  if (typeof issuer !== 'string' || /[?#]/.test(issuer) || !isSecureUrl(issuer)) {
    throw new TypeError('issuer must be an https URL without query and fragment, or loopback')
  }
  return {
    issuer,
    ...(jwks !== undefined && { jwks: checkKeys(jwks) }),
    ...(introspection !== undefined && { introspection: checkIntrospection(introspection) }),
  }
}

function checkKeys(jwks: unknown): { readonly keys: readonly JsonObject[] } {
  const keys: unknown = isJsonObject(jwks) ? jwks['keys'] : undefined
  if (!Array.isArray(keys) || keys.length === 0 || !keys.every(isPublicKey)) {
    throw new TypeError('jwks must be { keys }, a list of one or more public JWKs')
  }
  return { keys }
}

function isPublicKey(value: unknown): value is JsonObject {
  if (!isJsonObject(value) || typeof value['kty'] !== 'string') return false
  return !PRIVATE_MEMBERS.some((name) => Object.hasOwn(value, name))
}
