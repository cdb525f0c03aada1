/** The scope tokens of a space-delimited list, each once, RFC 6749 section 3.3. */
export function parseScope(scope: string): readonly string[] {
  return [...new Set(scope.split(' ').filter((token) => token !== ''))]
}

/** One spelling for a set of scopes. */
export function formatScope(scopes: readonly string[]): string {
  return [...new Set(scopes)].sort().join(' ')
}
