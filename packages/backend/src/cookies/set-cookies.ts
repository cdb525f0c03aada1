import type { Context } from 'hono'
import { setCookie } from 'hono/cookie'
import { noteHeader } from '../answer-json.js'

export interface CookieAttributes {
  readonly sameSite: 'Lax' | 'Strict'
  readonly maxAgeSeconds: number
}

/** Sets one of our cookies, with the attributes that RFC 10017 section 6.1.3.2 asks for. */
export function putCookie(
  c: Context,
  name: string,
  value: string,
  { sameSite, maxAgeSeconds }: CookieAttributes,
): void {
  noteHeader(c)
  setCookie(c, name, value, {
    path: '/',
    secure: true,
    httpOnly: true,
    sameSite,
    maxAge: maxAgeSeconds,
  })
}

/** Takes one of our cookies away. */
export function dropCookie(c: Context, name: string, sameSite: 'Lax' | 'Strict'): void {
  putCookie(c, name, '', { sameSite, maxAgeSeconds: 0 })
}
