import { parseJsonObject } from '@tmb-kit/core'
import { parseApiRoute, type ApiRoute } from './api-route.js'
import { parseMode, type Mode } from './mode.js'

/** What the page has to remember while the user is away at the authorization server. */
export interface Journey {
  readonly jkt: string
  /** What to call again after the sign-in, where a call was the reason for it. */
  readonly repeat: ApiRoute | undefined
  readonly mode: Mode
}

const STORAGE_KEY = 'tmb-demo-journey'

/** Remembers a journey for this tab. Never holds a token: there is none before the sign-in. */
export function beginJourney(storage: Storage, journey: Journey): void {
  storage.setItem(STORAGE_KEY, JSON.stringify(journey))
}

/** Gives the journey that this page load ends, once. */
export function endJourney(storage: Storage): Journey | undefined {
  const { jkt, repeat, mode } = parseJsonObject(storage.getItem(STORAGE_KEY) ?? '') ?? {}
  storage.removeItem(STORAGE_KEY)
  if (typeof jkt !== 'string') return undefined

  return { jkt, repeat: parseApiRoute(repeat), mode: parseMode(mode) ?? 'tmb' }
}
