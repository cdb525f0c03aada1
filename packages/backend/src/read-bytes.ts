/**
 * Reads the body of a request as text, as {@link readAtMost} does. What is no UTF-8 becomes U+FFFD.
 *
 * @returns `undefined` when it is longer than `maxOctets`.
 */
export async function readTextAtMost(
  request: Request,
  maxOctets: number,
): Promise<string | undefined> {
  const length = announcedLength(request)
  if (length === undefined) {
    const octets = await readBytes(request.body, maxOctets)
    return octets === undefined ? undefined : new TextDecoder().decode(octets)
  }
  if (length > maxOctets) return undefined

  // A server gives text for less than octets, which it would copy.
  const text = await request.text()
  const isShort = text.length * MAX_OCTETS_OF_UNIT <= maxOctets
  return isShort || new TextEncoder().encode(text).length <= maxOctets ? text : undefined
}

/** A UTF-16 code unit takes no more in UTF-8. */
const MAX_OCTETS_OF_UNIT = 3

/**
 * Reads the body of a request. Where its length was announced, and a server holds a request to
 * that, it is read at once; else it is measured on the way.
 *
 * @returns `undefined` when it is longer than `maxOctets`.
 */
export async function readAtMost(
  request: Request,
  maxOctets: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const length = announcedLength(request)
  if (length === undefined) return readBytes(request.body, maxOctets)
  if (length > maxOctets) return undefined

  const octets = new Uint8Array(await request.arrayBuffer())
  return octets.length > maxOctets ? undefined : octets
}

function announcedLength(request: Request): number | undefined {
  const announced = request.headers.get('Content-Length') ?? ''
  return /^[0-9]{1,15}$/.test(announced) ? Number(announced) : undefined
}

/**
 * Reads a body to its end, measuring on the way.
 *
 * @returns `undefined` when it is longer than `maxOctets`; the rest is not read.
 */
export async function readBytes(
  body: ReadableStream<Uint8Array> | null,
  maxOctets: number,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = []
  let length = 0
  const reader = body?.getReader()
  while (reader !== undefined) {
    const { done, value } = await reader.read()
    if (done) break

    length += value.length
    if (length > maxOctets) {
      // Not waited for: a peer that drips would keep us here.
      void reader.cancel().catch(() => undefined)
      return undefined
    }
    chunks.push(value)
  }

  const octets = new Uint8Array(length)
  let offset = 0
  for (const chunk of chunks) {
    octets.set(chunk, offset)
    offset += chunk.length
  }
  return octets
}
