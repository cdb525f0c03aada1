import {
  encodeBase64urlText,
  isJsonObject,
  parseBase64urlText,
  parseJsonObject,
  type JsonObject,
} from '@tmb-kit/core'

/**
 * A refresh token as a session keeps it. Where it is a JWT its JSON stands for itself: as base64url it
 * would be longer by a third, and a cookie holds 4 kB.
 */
export type PackedToken = string | readonly [JsonObject, JsonObject, string]

const MAX_DEPTH = 8

/** Packs a token if what {@link unpackToken} makes of it is the very same. */
export function packToken(token: string): PackedToken {
  const [header, claims, signature, ...others] = token.split('.')
  const [headerJson, claimsJson] = [parsePart(header), parsePart(claims)]
  if (headerJson === undefined || claimsJson === undefined) return token
  if (signature === undefined || others.length > 0) return token

  const packed = [headerJson, claimsJson, signature] as const
  return unpackToken(packed) === token ? packed : token
}

export function unpackToken(packed: PackedToken): string {
  if (typeof packed === 'string') return packed

  const [header, claims, signature] = packed
  return [encodePart(header), encodePart(claims), signature].join('.')
}

/** @returns whether a value of unknown shape is what {@link packToken} makes. */
export function isPackedToken(value: unknown): value is PackedToken {
  if (!Array.isArray(value)) return typeof value === 'string'

  const [header, claims, signature] = value as readonly unknown[]
  const hasParts = isJsonObject(header) && isJsonObject(claims) && typeof signature === 'string'
  return hasParts && value.length === 3
}

function parsePart(part: string | undefined): JsonObject | undefined {
  const text = part === undefined ? undefined : parseBase64urlText(part)
  return text === undefined ? undefined : parseJsonObject(text, { maxDepth: MAX_DEPTH })
}

function encodePart(part: JsonObject): string {
  return encodeBase64urlText(JSON.stringify(part))
}
