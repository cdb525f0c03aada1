/**
 * Ends a stream of events in good order, before the browser ends the worker in the middle of it.
 *
 * Chromium does that after some five minutes, and an `EventSource` that is cut off so is closed for
 * ever; after an end in good order it connects again by itself. Other answers pass as they are.
 */
export function endInTime(response: Response, seconds: number): Response {
  const { body, headers } = response
  if (!body || !/^text\/event-stream\b/i.test(headers.get('Content-Type') ?? '')) return response

  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>()
  const ending = new AbortController()
  const { signal } = ending
  const timeout = setTimeout(() => {
    ending.abort()
  }, seconds * 1000)
  void body
    .pipeTo(writable, { signal, preventAbort: true })
    .catch(async (error: unknown) => (signal.aborted ? writable.close() : writable.abort(error)))
    // The page has let go of it already.
    .catch(() => undefined)
    .finally(() => {
      clearTimeout(timeout)
    })
  return new Response(readable, response)
}
