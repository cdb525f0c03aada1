import { assertKnownOptions, DPOP_HEADER, DPOP_NONCE_HEADER } from '@tmb-kit/core'
import type { VerifiableRequest } from './verified-request.js'

/** Which pages may call this resource server from a browser. */
export interface CorsOptions {
  /** Origins of pages, compared character by character. No wildcards. */
  readonly origins: readonly string[]
  /** Methods that pages may use. Default: `GET, HEAD, POST, PUT, PATCH, DELETE`. */
  readonly methods?: readonly string[]
  /** Request headers beyond `Authorization`, `DPoP` and `Content-Type`. */
  readonly allowHeaders?: readonly string[]
  /** How long a browser may remember a preflight. Default: 600 s. */
  readonly maxAgeSeconds?: number
}

/** What the CORS rules add to the answer of one request. */
export interface CorsVerdict {
  /** Answered by this alone, with 204 and before any authentication. */
  readonly isPreflight: boolean
  readonly headers: Readonly<Record<string, string>>
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Prepares CORS for an API that browsers call with DPoP: they may send a proof, and read the nonce
 * and the challenge of a 401 as of a 200.
 *
 * Never allows credentials: a token in a header is all that counts here, cookies are not.
 *
 * @throws {TypeError} when an origin is not one, character by character, or for an option that there is not.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-8
 */
export function createCors(
  options: CorsOptions,
): (method: string, headers: VerifiableRequest['headers']) => CorsVerdict {
  const names = ['origins', 'methods', 'allowHeaders', 'maxAgeSeconds']
  assertKnownOptions('cors', options, names)
  const { origins, methods = METHODS, allowHeaders = [], maxAgeSeconds = 600 } = options
  const notAnOrigin = origins.find((origin) => !isOrigin(origin))
  if (notAnOrigin !== undefined) {
    throw new TypeError(`origins: ${notAnOrigin} is not an origin such as https://app.example`)
  }

  const preflightHeaders = {
    'Access-Control-Allow-Methods': methods.join(', '),
    'Access-Control-Allow-Headers': [
      'Authorization',
      DPOP_HEADER,
      'Content-Type',
      ...allowHeaders,
    ].join(', '),
    'Access-Control-Max-Age': `${maxAgeSeconds}`,
  }
  return (method, headers) => {
    const origin = headers.get('origin') ?? ''
    const isPreflight =
      method === 'OPTIONS' && headers.get('access-control-request-method') !== null
    const vary = { Vary: isPreflight ? 'Origin, Access-Control-Request-Headers' : 'Origin' }
    if (!origins.includes(origin)) return { isPreflight, headers: vary }

    const allowed = {
      ...vary,
      'Access-Control-Allow-Origin': origin,
      'Access-Control-Expose-Headers': `${DPOP_NONCE_HEADER}, WWW-Authenticate`,
    }
    return { isPreflight, headers: isPreflight ? { ...allowed, ...preflightHeaders } : allowed }
  }
}

/** An asterisk has no meaning here, and would never match: whoever wrote it meant something else. */
function isOrigin(value: string): boolean {
  return URL.canParse(value) && new URL(value).origin === value && !value.includes('*')
}
