import type { TmbEvent } from './tmb-event.js'

/** A `fetch` that tells of every request that it has sent, without its query and its fragment. */
export function observed(
  send: typeof fetch,
  onEvent: ((event: TmbEvent) => void) | undefined,
): typeof fetch {
  if (!onEvent) return send

  return async (input, init) => {
    const { url = input as string, method = init?.method } = input as Partial<Request>
    const sending = send(input, init)
    const { status } = await sending.catch(() => ({ status: 0 }))
    onEvent({ type: 'request_sent', method, url: url.replace(/[?#].*/, ''), status })
    return sending
  }
}
