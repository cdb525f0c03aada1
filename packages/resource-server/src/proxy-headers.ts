import type { VerifiableRequest } from './verified-request.js'

/** What a proxy of ours says of the request that it passes on. */
export interface ForwardedRequest {
  /** Scheme and authority as the browser used them, if the proxy tells both. */
  readonly origin: string | undefined
  /** The client certificate, DER. */
  readonly clientCertificate: Uint8Array | undefined
}

/** RFC 9440 section 2.1, RFC 8941 section 3.3.5. */
const BYTE_SEQUENCE = /^:([A-Za-z0-9+/]*={0,2}):$/

/** One certificate in PEM, percent-encoded as a component of a URI. */
const ESCAPED_PEM =
  /^-----BEGIN%20CERTIFICATE-----%0A([A-Za-z0-9%+/=]+)-----END%20CERTIFICATE-----(?:%0A)?$/
const ESCAPED = /%(?:0A|2B|2F|3D)/g
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/

/**
 * Reads the headers of a trusted proxy. Of several values the last counts: that proxy's own.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7239#section-4
 * @see https://www.rfc-editor.org/rfc/rfc9440#section-2
 */
export function parseProxyHeaders(
  headers: VerifiableRequest['headers'],
  { certificateHeader }: { readonly certificateHeader: string },
): ForwardedRequest {
  const forwarded = parseForwarded(headers.get('forwarded'))
  const scheme = forwarded.get('proto') ?? lastOf(headers.get('x-forwarded-proto'))
  const authority = forwarded.get('host') ?? lastOf(headers.get('x-forwarded-host'))
  return {
    origin: originOf(scheme, authority),
    clientCertificate: parseCertificate(headers.get(certificateHeader) ?? ''),
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

/** Two values arrive joined by a comma, and are none: no proxy of ours sends two. */
function parseCertificate(value: string): Uint8Array | undefined {
  const [, encoded] = BYTE_SEQUENCE.exec(value) ?? ESCAPED_PEM.exec(value) ?? []
  const base64 = encoded?.replace(ESCAPED, decodeURIComponent).replace(/\n/g, '') ?? ''
  if (base64 === '' || base64.length % 4 !== 0 || !BASE64.test(base64)) return undefined

  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
}
