import type { AccessToken } from './access-token.js'

/** The text of an answer before and after `expires_in`. */
interface TokenText {
  readonly before: string
  readonly after: string
}

/**
 * Writes answers of `POST /token`. Until a token expires only `expires_in` changes from one answer to
 * the next, so the rest is written once for as long as the token is remembered.
 */
export function createTokenTexts(): (accessToken: AccessToken, now: number) => string {
  const written = new WeakMap<AccessToken, TokenText>()
  return (accessToken, now) => {
    const known = written.get(accessToken)
    const text = known ?? write(accessToken)
    if (known === undefined) written.set(accessToken, text)
    return `${text.before}${JSON.stringify(accessToken.expiresAt - now)}${text.after}`
  }
}

function write({ accessToken, scope, resource, jkt }: AccessToken): TokenText {
  const first = JSON.stringify({ access_token: accessToken, token_type: 'DPoP' })
  const last = JSON.stringify({ scope, resource, jkt })
  return { before: `${first.slice(0, -1)},"expires_in":`, after: `,${last.slice(1)}` }
}
