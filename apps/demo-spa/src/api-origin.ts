/** The API listens two ports above the application. */
const PORTS_ABOVE = 2

/**
 * Where the API is: what the page's `<meta name="tmb-demo-api">` says, else where the demo starts
 * it. One build serves every port, and `app.localhost` has its API at `api.localhost`.
 */
export function apiOriginOf(page: URL, configured: string): string {
  if (configured !== '') return configured

  const api = new URL(page.origin)
  api.hostname = page.hostname.replace(/^app\./, 'api.')
  api.port = String(portOf(page) + PORTS_ABOVE)
  return api.origin
}

function portOf({ port, protocol }: URL): number {
  if (port !== '') return Number(port)
  return protocol === 'https:' ? 443 : 80
}
