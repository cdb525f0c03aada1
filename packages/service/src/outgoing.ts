import type { OutgoingRequest } from './transport.js'

/** What is of one connection alone, RFC 9110 section 7.6.1, or is ours to set. */
const NOT_PASSED_ON: readonly string[] = [
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-connection',
  'session-binding-proof',
  'te',
  'transfer-encoding',
  'upgrade',
]

/** A request, and where it is aimed: what a proof for it alone would name. */
export interface AimedRequest extends OutgoingRequest {
  readonly url: string
}

/** Reads a `Request` whole, so that it can be sent once more on another connection. */
export async function readOutgoing(request: Request): Promise<AimedRequest> {
  const { pathname, search } = new URL(request.url)
  const body = request.body === null ? undefined : new Uint8Array(await request.arrayBuffer())
  const passedOn = [...request.headers].filter(([name]) => !NOT_PASSED_ON.includes(name))
  const headers = {
    ...Object.fromEntries(passedOn),
    ...(body !== undefined && { 'content-length': `${body.length}` }),
  }
  const { method, url, signal } = request
  return { method, url, path: `${pathname}${search}`, headers, body, signal }
}
