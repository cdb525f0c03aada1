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
  const announced = request.headers.get('Content-Length') ?? ''
  if (!/^[0-9]{1,15}$/.test(announced)) return readBytes(request.body, maxOctets)
  if (Number(announced) > maxOctets) return undefined

  const octets = new Uint8Array(await request.arrayBuffer())
  return octets.length > maxOctets ? undefined : octets
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
