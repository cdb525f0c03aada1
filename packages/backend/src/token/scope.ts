/** The scope tokens of a space-delimited list, each once, RFC 6749 section 3.3. */
export function parseScope(scope: string): readonly string[] {
  return unique(scope.split(' ').filter((token) => token !== ''))
}

/** One spelling for a set of scopes. */
export function formatScope(scopes: readonly string[]): string {
  return [...unique(scopes)].sort().join(' ')
}

/** A list of a few names, and that is what most are, is looked through faster than a set is made. */
function unique(names: readonly string[]): readonly string[] {
  const isShort = names.length <= 16
  const isUnique = isShort && names.every((name, index) => names.indexOf(name) === index)
  return isUnique ? names : [...new Set(names)]
}
