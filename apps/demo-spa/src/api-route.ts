/** What the buttons of the page ask the API for. */
export type ApiRoute = '/orders' | '/vault'

export function parseApiRoute(value: unknown): ApiRoute | undefined {
  return value === '/orders' || value === '/vault' ? value : undefined
}
