import type { Clock, JsonObject } from '@tmb-kit/core'
import type { Context } from 'hono'
import { createBoundedMap } from '../bounded-map.js'
import { CODE_COOKIE } from '../cookies/cookie-names.js'
import type { Cookies } from '../cookies/read-cookies.js'
import { dropCookie, putCookie } from '../cookies/set-cookies.js'
import type { Sealer } from '../session/seal.js'
import type { SessionCookie } from '../session/sessions.js'
import {
  encodeTransaction,
  parseTransaction,
  type Transaction,
} from '../transaction/transaction.js'

/** A code that waits for the page's proof, with the transaction that it belongs to. */
export interface PendingCode {
  readonly code: string
  readonly transaction: Transaction
  /** NumericDate of the callback. */
  readonly receivedAt: number
}

/** The code of a browser: waiting, gone too old, redeemed already, or none. */
export type FoundCode =
  | { readonly kind: 'expired' | 'none' | 'used' }
  | { readonly kind: 'waiting'; readonly pending: PendingCode }

/** Codes that wait for a proof, each in its browser's cookie. */
export interface PendingCodes {
  /** @returns false when the code is too long for a cookie. */
  put(c: Context, pending: PendingCode): Promise<boolean>
  find(cookies: Cookies): FoundCode | Promise<FoundCode>
  drop(c: Context): void
  /** Takes the code that waits, if one does, out of the world: a copy of its cookie is of no use. */
  discard(c: Context, cookies: Cookies): Promise<void>
  /**
   * Redeems once for all callers. The code is used up when `redeem` resolves; when it rejects,
   * `isFinal` decides.
   */
  redeemOnce(pending: PendingCode, plan: RedeemPlan): Promise<SessionCookie>
}

export interface RedeemPlan {
  readonly redeem: () => Promise<SessionCookie>
  readonly isFinal: (error: unknown) => boolean
}

/** Authorization codes live shortly. RFC 6749 section 4.1.2 allows ten minutes, few servers do. */
const LIFETIME_SECONDS = 60

const MAX_COOKIE_OCTETS = 4096
const MAX_REMEMBERED = 100_000
const CONTEXT = { purpose: 'code', name: CODE_COOKIE } as const

export function createPendingCodes(options: {
  readonly sealer: Sealer
  readonly clock: Clock
}): PendingCodes {
  const { sealer, clock } = options
  const used = createBoundedMap<true>(MAX_REMEMBERED)
  const flights = new Map<string, Promise<SessionCookie>>()

  const noteUsed = ({ transaction: { state }, receivedAt }: PendingCode): void =>
    used.set(state, true, receivedAt + LIFETIME_SECONDS)

  const redeemAndNote = async (
    pending: PendingCode,
    { redeem, isFinal }: RedeemPlan,
  ): Promise<SessionCookie> => {
    try {
      const cookie = await redeem()
      noteUsed(pending)
      return cookie
    } catch (error) {
      if (isFinal(error)) noteUsed(pending)
      throw error
    } finally {
      flights.delete(pending.transaction.state)
    }
  }
  const find = (cookies: Cookies): FoundCode | Promise<FoundCode> => {
    const value = cookies.get(CODE_COOKIE)
    return value === undefined ? { kind: 'none' } : findSealed(value)
  }
  const findSealed = async (value: string): Promise<FoundCode> => {
    const sealed = await sealer.open(value, CONTEXT)
    const pending = sealed === undefined ? undefined : parsePendingCode(sealed)
    if (pending === undefined) return { kind: 'none' }
    if (clock() - pending.receivedAt >= LIFETIME_SECONDS) return { kind: 'expired' }
    const isUsed = used.get(pending.transaction.state, clock()) === true
    return isUsed ? { kind: 'used' } : { kind: 'waiting', pending }
  }
  const drop = (c: Context): void => dropCookie(c, CODE_COOKIE, 'Strict')

  return {
    put: async (c, pending) => {
      const value = await sealer.seal(encodePendingCode(pending), CONTEXT)
      if (CODE_COOKIE.length + 1 + value.length > MAX_COOKIE_OCTETS) return false

      putCookie(c, CODE_COOKIE, value, { sameSite: 'Strict', maxAgeSeconds: LIFETIME_SECONDS })
      return true
    },

    find,
    drop,

    discard: async (c, cookies) => {
      if (!cookies.has(CODE_COOKIE)) return

      drop(c)
      const found = await find(cookies)
      if (found.kind === 'waiting') noteUsed(found.pending)
    },

    redeemOnce: async (pending, plan) => {
      const { state } = pending.transaction
      const flight = flights.get(state) ?? redeemAndNote(pending, plan)
      flights.set(state, flight)
      return flight
    },
  }
}

function encodePendingCode({ code, transaction, receivedAt }: PendingCode): JsonObject {
  return { code, receivedAt, transaction: encodeTransaction(transaction) }
}

function parsePendingCode(value: JsonObject): PendingCode | undefined {
  const { code, receivedAt, transaction: encoded } = value
  const transaction = parseTransaction(encoded as JsonObject)
  const valid = typeof code === 'string' && typeof receivedAt === 'number'
  return valid && transaction !== undefined ? { code, receivedAt, transaction } : undefined
}
