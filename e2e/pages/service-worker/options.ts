/** What the page and its worker agree on: it stands in their addresses, for the test's sake. */
export function optionsOf(search: string): {
  readonly resourceServers: readonly string[]
  readonly fallback: 'page' | 'refuse'
} {
  const parameters = new URLSearchParams(search)
  return {
    resourceServers: parameters.getAll('api'),
    fallback: parameters.get('fallback') === 'refuse' ? 'refuse' : 'page',
  }
}
