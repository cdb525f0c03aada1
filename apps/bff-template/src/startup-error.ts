import { AuthorizationServerError, type AuthorizationServerErrorCode } from '@tmb-kit/backend'
import { ConfigurationError } from './reading.js'

const VARIABLES: Readonly<Record<AuthorizationServerErrorCode, string>> = {
  binding_unsupported: 'ISSUER',
  client_key_invalid: 'CLIENT_KEY',
  clock_skew: 'ISSUER',
  issuer_mismatch: 'ISSUER',
  metadata_invalid: 'ISSUER',
  pkce_unsupported: 'ISSUER',
  refused: 'ISSUER',
  response_invalid: 'ISSUER',
  unavailable: 'ISSUER',
}

const NO_METADATA =
  'ISSUER: there is no metadata at that address: set it to the issuer URL of your authorization server, to the letter.'

/** The sentences for a start that failed; `undefined` for an error that no operator can mend. */
export function startupSentences(error: unknown): readonly string[] | undefined {
  if (error instanceof ConfigurationError) return error.mistakes
  if (error instanceof AuthorizationServerError) {
    if (['refused', 'response_invalid'].includes(error.code)) return [NO_METADATA]
    return [`${VARIABLES[error.code]}: ${error.message}`]
  }
  // What the backend refuses at construction, in its own words.
  if (error instanceof TypeError) return [error.message]
  return undefined
}

const NO_SUCH_HOST = 'HOST is no address of this machine: leave it out to listen on every one.'

/** The sentence for a port that cannot be listened on. */
export function listenSentence({ code = 'unknown' }: NodeJS.ErrnoException, port: number): string {
  const sentences: Readonly<Record<string, string>> = {
    EACCES: `PORT ${port} is not allowed to this user: set PORT to one above 1023.`,
    EADDRINUSE: `PORT ${port} is taken: stop what listens there, or set PORT to another one.`,
    EADDRNOTAVAIL: NO_SUCH_HOST,
    ENOTFOUND: NO_SUCH_HOST,
  }
  return sentences[code] ?? `PORT ${port} cannot be listened on (${code}).`
}
