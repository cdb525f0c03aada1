import { parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { readAtMost } from '../read-bytes.js'
import { RefusalError } from '../errors.js'

const MAX_BODY_OCTETS = 8192
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

  const octets = await readAtMost(request, MAX_BODY_OCTETS)
  if (octets === undefined) throw new RefusalError('too_large')

  const body = parseJsonObject(decodeUtf8(octets))
  if (body === undefined) throw new RefusalError('invalid_request')
  return body
}

function decodeUtf8(octets: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets)
  } catch {
    throw new RefusalError('invalid_request')
  }
}
