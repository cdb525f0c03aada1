import type { Jkt } from '@tmb-kit/core'
import type { BackendContext } from '../backend-context.js'
import { askForBinding, findMissingBinding } from './key-binding.js'
import type { FormParameters } from './oauth-client.js'
import { parseTokenAnswer, tokensOf, type TokenAnswer } from './token-answer.js'

/** A token that is bound to the key that was asked for, or what else came. */
export type JudgedTokenAnswer =
  | { readonly kind: 'bound'; readonly token: TokenAnswer }
  | {
      /** Its access token must reach nobody. */
      readonly kind: 'unusable'
      readonly error: 'as_error' | 'binding_not_applied'
      readonly accessToken: string | undefined
      readonly refreshToken: string | undefined
    }

export interface TokenRequest {
  readonly grantType: 'authorization_code' | 'refresh_token'
  readonly parameters: FormParameters
  /** The pinned jkt, and never one of the present request. */
  readonly jkt: Jkt
  /** Mode `handoff`: the page's proof, which was checked. It is forgotten with the request. */
  readonly proof: string | undefined
}

/**
 * Asks the authorization server for a token bound to `jkt`, and judges the answer.
 *
 * @throws {AuthorizationServerError}
 */
export async function requestToken(
  { grantType, parameters, jkt, proof }: TokenRequest,
  { settings, server, client }: Pick<BackendContext, 'client' | 'server' | 'settings'>,
): Promise<JudgedTokenAnswer> {
  const metadata = await server.metadata()
  const binding = askForBinding(jkt, proof)
  const answer = await client.requestToken(metadata, {
    grantType,
    parameters: { ...parameters, ...binding.parameters },
    headers: binding.headers,
  })
  const token = parseTokenAnswer(answer)
  if (token === undefined) return { kind: 'unusable', error: 'as_error', ...tokensOf(answer) }

  const missing = findMissingBinding(token, jkt)
  if (missing === undefined) return { kind: 'bound', token }

  settings.onEvent({ type: 'binding_not_applied', reason: missing })
  return { kind: 'unusable', error: 'binding_not_applied', ...tokensOf(answer) }
}
