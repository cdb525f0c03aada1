import type { Jkt } from '@tmb-kit/core'

/** An access token whose binding has been verified. */
export interface AccessToken {
  readonly accessToken: string
  readonly jkt: Jkt
  readonly resource: string
  /** What it may do, as the authorization server said. */
  readonly scope: string
  /** NumericDate. */
  readonly expiresAt: number
}

/** A token with less life left than this is not handed out from memory. */
const MIN_LIFETIME_SECONDS = 30

/** Whether a remembered token is worth handing out. */
export function isFresh({ expiresAt }: AccessToken, now: number): boolean {
  return expiresAt - now >= MIN_LIFETIME_SECONDS
}
