/**
 * How to ask `fetch` not to follow a redirect: as an error, or, where the runtime does not know that
 * mode (a Worker's `Request` throws), as an answer of its own, which the caller must then refuse by its
 * status, or by its type `opaqueredirect`.
 *
 * @internal
 */
export function unfollowedRedirects(): 'error' | 'manual' {
  try {
    new Request('https://redirect.invalid', { redirect: 'error' })
    return 'error'
  } catch {
    // The runtime says by throwing that it does not know the mode.
    return 'manual'
  }
}
