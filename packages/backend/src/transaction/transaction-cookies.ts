import type { Clock } from '@tmb-kit/core'
import type { Context } from 'hono'
import { LOGIN_COOKIE_PREFIX } from '../cookies/cookie-names.js'
import type { Cookies } from '../cookies/read-cookies.js'
import { dropCookie, putCookie } from '../cookies/set-cookies.js'
import { createBoundedMap } from '../bounded-map.js'
import { randomText } from '../random.js'
import type { Sealer } from '../session/seal.js'
import {
  encodeTransaction,
  parseTransaction,
  TRANSACTION_LIFETIME_SECONDS,
  type Transaction,
} from './transaction.js'

/** A transaction that the browser brought back. */
export interface FoundTransaction {
  readonly cookieName: string
  readonly transaction: Transaction
}

/** The login transactions of a browser, each in a cookie of its own. */
export interface TransactionCookies {
  /** A `state` that leads back to the cookie. */
  createState(): string
  /** Adds one. Where five are open, the oldest goes. */
  put(c: Context, transaction: Transaction, cookies: Cookies): Promise<void>
  /** The open transaction that a `state` belongs to. */
  find(state: string, cookies: Cookies): Promise<FoundTransaction | undefined>
  /** Uses it up. Of two concurrent callbacks one gets `true`. */
  consume(c: Context, found: FoundTransaction): boolean
}

const MAX_OPEN = 5
const MAX_REMEMBERED = 100_000
const COOKIE_ENDING_OCTETS = 12

export function createTransactionCookies(options: {
  readonly sealer: Sealer
  readonly clock: Clock
}): TransactionCookies {
  const { sealer, clock } = options
  const used = createBoundedMap<true>(MAX_REMEMBERED)

  const open = async (
    cookieName: string,
    value: string | undefined,
  ): Promise<FoundTransaction | undefined> => {
    if (value === undefined) return undefined

    const sealed = await sealer.open(value, { purpose: 'login', name: cookieName })
    const transaction = sealed === undefined ? undefined : parseTransaction(sealed)
    if (transaction === undefined || used.get(transaction.state, clock()) === true) return undefined
    const isOver = clock() - transaction.startedAt >= TRANSACTION_LIFETIME_SECONDS
    return isOver ? undefined : { cookieName, transaction }
  }

  return {
    createState: () => `${randomText(COOKIE_ENDING_OCTETS)}.${randomText()}`,

    put: async (c, transaction, cookies) => {
      const names = [...cookies.keys()].filter((name) => name.startsWith(LOGIN_COOKIE_PREFIX))
      const opened = await Promise.all(names.map(async (name) => open(name, cookies.get(name))))
      const oldestFirst = opened
        .filter((found) => found !== undefined)
        .sort((one, other) => one.transaction.startedAt - other.transaction.startedAt)
      const staying = oldestFirst.slice(-(MAX_OPEN - 1)).map(({ cookieName }) => cookieName)
      for (const name of names) if (!staying.includes(name)) dropCookie(c, name, 'Lax')

      const cookieName = cookieNameOf(transaction.state)
      const context = { purpose: 'login', name: cookieName } as const
      putCookie(c, cookieName, await sealer.seal(encodeTransaction(transaction), context), {
        sameSite: 'Lax',
        maxAgeSeconds: TRANSACTION_LIFETIME_SECONDS,
      })
    },

    find: async (state, cookies) => {
      const cookieName = cookieNameOf(state)
      const found = await open(cookieName, cookies.get(cookieName))
      return found?.transaction.state === state ? found : undefined
    },

    consume: (c, { cookieName, transaction: { state, startedAt } }) => {
      if (used.get(state, clock()) === true) return false

      used.set(state, true, startedAt + TRANSACTION_LIFETIME_SECONDS)
      dropCookie(c, cookieName, 'Lax')
      return true
    },
  }
}

function cookieNameOf(state: string): string {
  return `${LOGIN_COOKIE_PREFIX}${state.split('.', 1)[0] ?? ''}`
}
