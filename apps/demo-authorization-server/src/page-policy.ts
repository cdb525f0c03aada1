import type { OidcMiddleware } from '@tmb-kit/authorization-server'
import { hashSource } from './page.js'
import { SUBMIT_SCRIPT } from './plain-pages.js'
import { STYLE } from './style.js'

const CROSS_ORIGIN_HEADERS = [
  'Access-Control-Allow-Origin',
  'Access-Control-Allow-Methods',
  'Access-Control-Allow-Headers',
  'Access-Control-Expose-Headers',
  'Access-Control-Max-Age',
]

/**
 * Headers of every answer, oidc-provider's own pages among them: no framing, no script but the one
 * that sends a form off, nothing from elsewhere. A page of another origin reads nothing here: the
 * one client is a backend.
 *
 * @param options.applicationOrigin Where a form may end: browsers apply the policy to the redirects
 *   that follow it, too.
 */
export function pagePolicy(options: { readonly applicationOrigin: string }): OidcMiddleware {
  const policy = [
    "default-src 'none'",
    // oidc-provider adds the hash of its own script where it uses one.
    `script-src ${hashSource(SUBMIT_SCRIPT)}`,
    `style-src ${hashSource(STYLE)}`,
    'img-src data:',
    `form-action 'self' ${options.applicationOrigin}`,
    "base-uri 'none'",
    "frame-ancestors 'none'",
  ].join('; ')

  return async function pagePolicy(ctx, next) {
    ctx.set('Content-Security-Policy', policy)
    ctx.set('X-Frame-Options', 'DENY')
    ctx.set('X-Content-Type-Options', 'nosniff')
    ctx.set('Referrer-Policy', 'same-origin')
    await next()
    for (const header of CROSS_ORIGIN_HEADERS) ctx.remove(header)
  }
}
