import type { VerifiableRequest } from './verified-request.js'

/** What a proxy of ours says of the request that it passes on. */
export interface ForwardedRequest {
  /** Scheme and authority as the browser used them, if the proxy tells both. */
  readonly origin: string | undefined
  /** RFC 9440: the client certificate, DER. */
  readonly clientCertificate: Uint8Array | undefined
}

const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]*={0,2}):$/

/**
 * Reads the headers of a trusted proxy. Of several values the last counts: that proxy's own.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239#section-4
 * @see https://www.rfc-editor.org/rfc/rfc9440#section-2
 */
export function parseProxyHeaders(headers: VerifiableRequest['headers']): ForwardedRequest {
  const forwarded = parseForwarded(headers.get('forwarded'))
  const scheme = forwarded.get('proto') ?? lastOf(headers.get('x-forwarded-proto'))
  const authority = forwarded.get('host') ?? lastOf(headers.get('x-forwarded-host'))
  return {
    origin: originOf(scheme, authority),
    clientCertificate: parseByteSequence(headers.get('client-cert')),
  }
}

function lastOf(value: string | null): string | undefined {
  return value?.split(',').at(-1)?.trim()
}

function parseForwarded(value: string | null): ReadonlyMap<string, string> {
  const pairs = (lastOf(value) ?? '').split(';').map((pair): readonly [string, string] => {
    const [name = '', text = ''] = pair.split('=', 2)
    return [name.trim().toLowerCase(), text.trim().replace(/^"(.*)"$/, '$1')]
  })
  return new Map(pairs.filter(([, text]) => text !== ''))
}

function originOf(scheme = '', authority = ''): string | undefined {
  const url = `${scheme}://${authority}`
  return /^https?$/i.test(scheme) && URL.canParse(url) ? new URL(url).origin : undefined
}

function parseByteSequence(value: string | null): Uint8Array | undefined {
  const [, base64] = BYTE_SEQUENCE.exec(value ?? '') ?? []
  if (base64 === undefined || base64.length % 4 !== 0) return undefined

  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
