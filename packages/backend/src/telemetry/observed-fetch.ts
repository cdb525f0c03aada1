import type { Telemetry } from './telemetry.js'

/** Tells telemetry of every call: where to, and never with what. */
export function observeFetch<Fetch extends typeof fetch | undefined>(
  plain: Fetch,
  telemetry: Telemetry | undefined,
): Fetch {
  if (plain === undefined || telemetry === undefined) return plain

  const observed: typeof fetch = async (input, init) => {
    const { url, method = 'GET' } =
      input instanceof Request ? input : { url: input, method: init?.method }
    const { host, pathname: path } = new URL(url)
    return telemetry.call({ method, host, path }, async () => plain(input, init))
  }
  return observed as Fetch
}
