import { parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { AuthorizationServerError } from './authorization-server-error.js'

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json[ \t]*(?:;|$)/i
const ERROR_WORD = /^[\w.:/-]{1,64}$/
const MAX_DEPTH = 16
const MAX_RETRY_AFTER_SECONDS = 60

/**
 * Reads the JSON object of a successful answer.
 *
 * @throws {AuthorizationServerError} `unavailable` - 5xx, 429. `refused` - an OAuth error.
 *   `response_invalid` - everything else.
 */
export async function readOAuthAnswer(response: Response): Promise<JsonObject> {
  const { status, headers } = response
  if (status === 429 || status >= 500) {
    const retryAfterSeconds = parseRetryAfter(headers.get('Retry-After'))
    throw new AuthorizationServerError('unavailable', { status, retryAfterSeconds })
  }

  const isJson = JSON_TYPE.test(headers.get('Content-Type') ?? '')
  const body = isJson ? parseJsonObject(await response.text(), { maxDepth: MAX_DEPTH }) : undefined
  if (body === undefined) throw new AuthorizationServerError('response_invalid', { status })
  if (status === 200 || status === 201) return body

  const { error, acr_values: acrValues, max_age: maxAge } = body
  if (status < 400 || typeof error !== 'string' || !ERROR_WORD.test(error)) {
    throw new AuthorizationServerError('response_invalid', { status })
  }
  throw new AuthorizationServerError('refused', {
    status,
    error,
    stepUp: {
      ...(typeof acrValues === 'string' && /^[!-~ ]{1,256}$/.test(acrValues)
        ? { acr_values: acrValues }
        : {}),
      ...(Number.isSafeInteger(maxAge) ? { max_age: Number(maxAge) } : {}),
    },
  })
}

/** Whether the client was not known by what it showed, RFC 6749 section 5.2. The answer stays unread. */
export async function isClientRefused(response: Response): Promise<boolean> {
  const { status } = response
  if (status !== 400 && status !== 401) return false

  const body = parseJsonObject(await response.clone().text(), { maxDepth: MAX_DEPTH })
  return body?.['error'] === 'invalid_client'
}

function parseRetryAfter(value: string | null): number | undefined {
  if (value === null || !/^[0-9]{1,6}$/.test(value)) return undefined
  return Math.min(Math.max(Number(value), 1), MAX_RETRY_AFTER_SECONDS)
}
