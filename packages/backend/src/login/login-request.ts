import { parseJkt, type Jkt, type JsonObject } from '@tmb-kit/core'
import { RefusalError } from '../errors.js'
import type { Settings } from '../settings.js'
import { parseScope } from '../token/scope.js'
import { parseReturnTo, type ReturnTo } from './return-to.js'

/** What the page may say about a login. Nothing else of its request goes any further. */
export interface LoginRequest {
  readonly jkt: Jkt
  readonly returnTo: ReturnTo
  readonly scopes: readonly string[]
  readonly resources: readonly string[]
  readonly prompt: readonly string[]
  /** Seconds. */
  readonly maxAgeSeconds: number | undefined
  readonly acrValues: string | undefined
  readonly loginHint: string | undefined
  readonly uiLocales: string | undefined
}

/** Without these the answer would hold no ID token and no refresh token. */
const ALWAYS_ASKED: readonly string[] = ['openid', 'offline_access']

const PROMPTS: readonly string[] = ['none', 'login', 'consent', 'select_account']
const MAX_TEXT_LENGTH = 512
const CONTROL_CHARACTER = /[\u0000-\u001f\u007f]/

/**
 * Reads the body of `POST /login`.
 *
 * @throws {RefusalError} `invalid_jkt`, `invalid_return_to`, `invalid_scope`, `invalid_target`,
 *   `invalid_request`
 */
export function parseLoginRequest(body: JsonObject, settings: Settings): LoginRequest {
  const jkt = parseJkt(body['jkt'])
  if (jkt === undefined) throw new RefusalError('invalid_jkt')

  const { return_to: wanted = '/' } = body
  const returnTo = parseReturnTo(wanted, settings.origin)
  if (returnTo === undefined) throw new RefusalError('invalid_return_to')

  const maxAgeSeconds = body['max_age']
  if (maxAgeSeconds !== undefined && !isWholeSeconds(maxAgeSeconds)) {
    throw new RefusalError('invalid_request')
  }
  return {
    jkt,
    returnTo,
    scopes: parseScopes(textOf(body, 'scope'), settings),
    resources: parseResources(textOf(body, 'resource'), settings),
    prompt: parsePrompt(textOf(body, 'prompt')),
    maxAgeSeconds,
    acrValues: textOf(body, 'acr_values'),
    loginHint: textOf(body, 'login_hint'),
    uiLocales: textOf(body, 'ui_locales'),
  }
}

function textOf(body: JsonObject, name: string): string | undefined {
  const value = body[name]
  if (value === undefined) return undefined
  if (
    typeof value !== 'string' ||
    value.length > MAX_TEXT_LENGTH ||
    CONTROL_CHARACTER.test(value)
  ) {
    throw new RefusalError('invalid_request')
  }
  return value
}

function parseScopes(asked: string | undefined, settings: Settings): readonly string[] {
  const { loginScopes, resources } = settings
  if (asked === undefined) return loginScopes

  const allowed = new Set([...loginScopes, ...[...resources.values()].flat()])
  const scopes = parseScope(asked)
  if (scopes.length === 0 || !scopes.every((name) => allowed.has(name))) {
    throw new RefusalError('invalid_scope')
  }
  return [...new Set([...ALWAYS_ASKED.filter((name) => loginScopes.includes(name)), ...scopes])]
}

function parseResources(asked: string | undefined, { resources }: Settings): readonly string[] {
  if (asked === undefined) return [...resources.keys()]
  if (!resources.has(asked)) throw new RefusalError('invalid_target')
  return [asked]
}

function parsePrompt(asked: string | undefined): readonly string[] {
  const prompt = parseScope(asked ?? '')
  const valid = prompt.every((word) => PROMPTS.includes(word))
  if (!valid || (prompt.includes('none') && prompt.length > 1)) {
    throw new RefusalError('invalid_request')
  }
  return prompt
}

function isWholeSeconds(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
}
