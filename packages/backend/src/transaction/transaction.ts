import { parseJkt, type Jkt, type JsonObject } from '@tmb-kit/core'
import type { ReturnTo } from '../login/return-to.js'

/** One login, from `POST /login` to the callback. */
export interface Transaction {
  readonly state: string
  readonly nonce: string
  readonly codeVerifier: string
  /** The thumbprint to pin. */
  readonly jkt: Jkt
  /** The authorization server that the browser was sent to. */
  readonly issuer: string
  readonly returnTo: ReturnTo
  /** NumericDate of its start. */
  readonly startedAt: number
  /** What was asked for. */
  readonly scope: string
  /** The resource of the first access token. */
  readonly resource: string
  /** How old the user's authentication may be, when that was asked for. */
  readonly maxAgeSeconds: number | undefined
  readonly acrValues: string | undefined
  /** Whether the request went over the back channel, where the page cannot alter it. */
  readonly isPushed: boolean
  /** The session that the browser had, to be ended by this login. */
  readonly previousSession: string | undefined
}

/** How long a user may take to sign in. */
export const TRANSACTION_LIFETIME_SECONDS = 600

export function encodeTransaction(transaction: Transaction): JsonObject {
  return { ...transaction }
}

/** The seal vouches for the value; what another release sealed is none. */
export function parseTransaction(value: JsonObject): Transaction | undefined {
  const texts = ['state', 'nonce', 'codeVerifier', 'issuer', 'returnTo', 'scope', 'resource']
  const valid =
    texts.every((name) => typeof value[name] === 'string') &&
    parseJkt(value['jkt']) !== undefined &&
    typeof value['startedAt'] === 'number' &&
    typeof value['isPushed'] === 'boolean'
  return valid ? (value as unknown as Transaction) : undefined
}
