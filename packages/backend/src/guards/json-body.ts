import { parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { readTextAtMost } from '../read-bytes.js'
import { RefusalError } from '../errors.js'

const MAX_BODY_OCTETS = 8192

/** Stands in a decoded text for what was no UTF-8, and in no body that a page of ours sends. */
const REPLACEMENT = '\uFFFD'

const JSON_TYPE = /^application\/json[ \t]*(?:;|$)/i

/**
 * Reads a JSON object from a request.
 *
 * @throws {RefusalError} `unsupported_media_type`, `too_large`, `invalid_request`
 */
export async function readJsonBody(request: Request): Promise<JsonObject> {
  if (!JSON_TYPE.test(request.headers.get('Content-Type') ?? '')) {
    throw new RefusalError('unsupported_media_type')
  }

  const text = await readTextAtMost(request, MAX_BODY_OCTETS)
  if (text === undefined) throw new RefusalError('too_large')

  const body = text.includes(REPLACEMENT) ? undefined : parseJsonObject(text)
  if (body === undefined) throw new RefusalError('invalid_request')
  return body
}
