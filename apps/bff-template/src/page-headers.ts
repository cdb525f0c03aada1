import type { MiddlewareHandler } from 'hono'
import { secureHeaders } from 'hono/secure-headers'
import type { Configuration } from './configuration.js'
import { isLoopback } from './parse-values.js'

/**
 * The headers of every page and file.
 *
 * Scripts, styles and images come from this origin alone, requests go to this origin and to the
 * APIs, nothing may frame the page, and text becomes markup only through a Trusted Types policy. A
 * page that needs more (a font host, an inline style) has to be written here: in the open.
 *
 * @see https://www.rfc-editor.org/rfc/rfc10017#section-5
 */
export function pageHeaders(
  configuration: Pick<Configuration, 'origin' | 'apiOrigins'>,
): MiddlewareHandler {
  const { origin, apiOrigins } = configuration
  const { protocol, hostname } = new URL(origin)
  const isPublicHttps = protocol === 'https:' && !isLoopback(hostname)

  return secureHeaders({
    contentSecurityPolicy: {
      defaultSrc: ["'self'"],
      connectSrc: ["'self'", ...apiOrigins],
      objectSrc: ["'none'"],
      baseUri: ["'none'"],
      formAction: ["'self'"],
      frameAncestors: ["'none'"],
      requireTrustedTypesFor: ["'script'"],
    },
    xFrameOptions: 'DENY',
    // Under no-referrer, a browser may put `Origin: null` on requests to our own backend.
    referrerPolicy: 'same-origin',
    // On localhost it would reach every other server of this machine, on other ports too.
    strictTransportSecurity: isPublicHttps && 'max-age=31536000',
  })
}
