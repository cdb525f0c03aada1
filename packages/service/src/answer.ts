import { Readable } from 'node:stream'
import type { Answer } from './transport.js'

/** RFC 9110: an answer that has no body, and that `Response` takes none for. */
const NULL_BODY_STATUSES: readonly number[] = [204, 205, 304]

/**
 * Makes an answer of what came over a connection.
 *
 * @param headers Names and values in turn; pseudo-headers of HTTP/2 are left out.
 */
export function createAnswer(status: number, headers: readonly string[], body: Readable): Answer {
  const ended = new Promise<void>((resolve) => {
    body.once('close', resolve)
  })
  const passedOn = new Headers()
  for (const [index, name] of headers.entries()) {
    if (index % 2 === 0 && !name.startsWith(':')) passedOn.append(name, headers[index + 1] ?? '')
  }
  const init = { status, headers: passedOn }
  if (!NULL_BODY_STATUSES.includes(status)) {
    return { response: new Response(Readable.toWeb(body) as ReadableStream, init), ended }
  }

  body.resume()
  return { response: new Response(undefined, init), ended }
}

/** Headers as an object, each value one or several, as names and values in turn. */
export function listHeaders(
  headers: Readonly<Record<string, string | readonly string[] | number | undefined>>,
): readonly string[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (value === undefined) return []
    return (typeof value === 'object' ? value : [`${value}`]).flatMap((text) => [name, text])
  })
}
