import { DPOP_HEADER } from '@tmb-kit/core'

/** What is loaded as data. What runs in the page, styles it or is a page itself is never signed. */
const DATA = ['', 'audio', 'image', 'track', 'video']

/**
 * Whether the worker signs a request of a page.
 *
 * Never a navigation, never one that brings credentials of its own, and of those that need no
 * permission of the API to be sent (`no-cors`) only what cannot change anything: else markup alone,
 * such as the `ping` of a link, could act for the user.
 */
export function isSignable(
  { url, method, mode, destination, headers }: Request,
  origins: readonly string[],
): boolean {
  return (
    origins.some((origin) => url.startsWith(`${origin}/`)) &&
    DATA.includes(destination) &&
    (mode === 'cors' || (mode === 'no-cors' && /^(GET|HEAD)$/.test(method))) &&
    !headers.has('Authorization') &&
    !headers.has(DPOP_HEADER)
  )
}

/**
 * The request as the worker sends it: an image's or a video's could carry no header of ours, and
 * its answer would be opaque. Method, headers (`Range` too), body, cache mode and signal stay.
 */
export function toSignable(request: Request): Request {
  return new Request(request, { mode: 'cors', credentials: 'omit', redirect: 'error' })
}
