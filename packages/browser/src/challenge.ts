/** The parameters of a challenge, by lower-case name. */
export type Challenge = Readonly<Record<string, string | undefined>>

// A parameter with its value, or else the name of a scheme.
const ITEM = /([^\s,=]+)(?:\s*=\s*("(?:[^"\\]|\\.)*"|[^\s,"]*))?/g

/**
 * Finds the `DPoP` challenge in a `WWW-Authenticate` field, which may hold several challenges and
 * commas within quotes. Of a repeated parameter the first counts. No challenge has no parameters.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1
 */
export function parseDpopChallenge(field: string | null): Challenge {
  const parameters: Record<string, string> = {}
  let scheme: string | undefined
  for (const [, name = '', value] of String(field).matchAll(ITEM)) {
    if (value === undefined) scheme = name
    else if (isDpop(scheme)) {
      parameters[name.toLowerCase()] ??= value.replace(/["\\]/g, '')
    }
  }
  return parameters
}

/** Whether this names DPoP, as a scheme or as a `token_type`: in any case, RFC 9449 section 5. */
export function isDpop(value: unknown): boolean {
  return /^dpop$/i.test(value as string)
}
