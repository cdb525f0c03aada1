import { DPOP_SCHEME } from '@tmb-kit/core'

/** The parameters of a `DPoP` challenge, by lower-case name. */
export type DpopChallenge = ReadonlyMap<string, string>

// A parameter with its value, or else the name of a scheme.
const ITEM = /([\w!#$%&'*+.^`|~-]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?/g

/**
 * Finds the `DPoP` challenge in a `WWW-Authenticate` field, which may hold several challenges and
 * commas within quotes. Of a repeated parameter the first counts.
 *
 * @returns An empty map when there is none.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseDpopChallenge(field: string | null): DpopChallenge {
  const parameters = new Map<string, string>()
  let scheme: string | undefined
  for (const [, name = '', value] of (field ?? '').matchAll(ITEM)) {
    const lowerCaseName = name.toLowerCase()
    if (value === undefined) scheme = lowerCaseName
    else if (scheme === DPOP_SCHEME.toLowerCase() && !parameters.has(lowerCaseName)) {
      parameters.set(lowerCaseName, value.replace(/^"|"$|\\(.)/g, '$1'))
    }
  }
  return parameters
}
