import { parseJkt, type Jkt } from '@tmb-kit/core'
import type { Context } from 'hono'
import { KEY_COOKIE } from '../cookies/cookie-names.js'
import type { Cookies } from '../cookies/read-cookies.js'
import { putCookie } from '../cookies/set-cookies.js'
import type { Sealer } from '../session/seal.js'

/**
 * When a key that this browser did not pin last needs the user's attention: always, also when the
 * browser remembers no key (`interactive`); only when it remembers another (`first-use`); never.
 */
export type KeyContinuity = 'first-use' | 'interactive' | 'off'

export const KEY_CONTINUITIES: readonly KeyContinuity[] = ['interactive', 'first-use', 'off']

/** Browsers keep no cookie for longer. */
const KEY_COOKIE_LIFETIME_SECONDS = 400 * 24 * 3600

const CONTEXT = { purpose: 'key', name: KEY_COOKIE } as const

/** Remembers the key that this browser pinned, past every logout. */
export async function putKeyCookie(c: Context, jkt: Jkt, sealer: Sealer): Promise<void> {
  putCookie(c, KEY_COOKIE, await sealer.seal({ k: jkt }, CONTEXT), {
    sameSite: 'Strict',
    maxAgeSeconds: KEY_COOKIE_LIFETIME_SECONDS,
  })
}

/**
 * Whether a login with `jkt` must make the user sign in, whatever session the authorization server
 * has: a hostile script could otherwise sign in silently, with a key that it can take away.
 *
 * A cookie that was tampered with counts as missing.
 */
export async function needsReauthentication(
  jkt: Jkt,
  options: {
    readonly cookies: Cookies
    readonly sealer: Sealer
    readonly keyContinuity: KeyContinuity
  },
): Promise<boolean> {
  const { cookies, sealer, keyContinuity } = options
  if (keyContinuity === 'off') return false

  const value = cookies.get(KEY_COOKIE)
  const known = value === undefined ? undefined : (await sealer.open(value, CONTEXT))?.['k']
  const knownJkt = parseJkt(known)
  return knownJkt === undefined ? keyContinuity === 'interactive' : knownJkt !== jkt
}
