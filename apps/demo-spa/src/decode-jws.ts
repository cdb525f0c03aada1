import { parseBase64urlText, parseJsonObject, type JsonObject } from '@tmb-kit/core'

/** A compact JWS, opened for reading. */
export interface DecodedJws {
  readonly header: JsonObject
  readonly claims: JsonObject
}

const SHOWN_CHARACTERS = 12

/**
 * Opens a token or a proof for display.
 *
 * Does not check: the signature, or anything else. `undefined` for an opaque token.
 */
export function decodeJws(compact: string): DecodedJws | undefined {
  const [header, claims, signature, ...rest] = compact.split('.').map(parseSegment)
  if (signature === undefined || rest.length > 0) return undefined
  if (header?.object === undefined || claims?.object === undefined) return undefined

  return { header: header.object, claims: claims.object }
}

/** Enough of a token to know it again, and not enough to use it. */
export function shorten(compact: string): string {
  return `${compact.slice(0, SHOWN_CHARACTERS)}… (${compact.length} characters)`
}

function parseSegment(segment: string): { readonly object: JsonObject | undefined } {
  const text = parseBase64urlText(segment)
  return { object: text === undefined ? undefined : parseJsonObject(text) }
}
