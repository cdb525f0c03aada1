import type { LoginOptions } from './login.js'

/** Signs the user in, at top level. */
export type Login = (options?: LoginOptions) => Promise<never>

/**
 * A login with what a server asked for. What is no string, or no whole number of seconds, counts as
 * not asked for.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
export function stepUp(login: Login, acrValues: unknown, maxAge: unknown): Login {
  const seconds = String(maxAge)
  return async (options) =>
    login({
      ...(typeof acrValues === 'string' && { acrValues }),
      ...(/^\d+$/.test(seconds) && { maxAgeSeconds: Number(seconds) }),
      ...options,
    })
}
