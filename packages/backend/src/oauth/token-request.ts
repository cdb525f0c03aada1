import type { Jkt } from '@tmb-kit/core'
import type { BackendContext } from '../backend-context.js'
import type { UnboundReason } from '../events.js'
import { bindingParameters, findMissingBinding } from './key-binding.js'
import type { FormParameters } from './oauth-client.js'
import { parseTokenAnswer, type TokenAnswer } from './token-answer.js'

/** A token answer, and whether its token is bound to the key that was asked for. */
export interface JudgedTokenAnswer extends TokenAnswer {
  /** What is missing of the binding: then the token must reach nobody. */
  readonly missing: UnboundReason | undefined
}

export interface TokenRequest {
  readonly grantType: 'authorization_code' | 'refresh_token'
  readonly parameters: FormParameters
  /** The pinned jkt, and never one of the present request. */
  readonly jkt: Jkt
}

/**
 * Asks the authorization server for a token bound to `jkt`, and judges the answer.
 *
 * @throws {AuthorizationServerError}
 */
export async function requestToken(
  { grantType, parameters, jkt }: TokenRequest,
  { settings, server, client }: Pick<BackendContext, 'client' | 'server' | 'settings'>,
): Promise<JudgedTokenAnswer> {
  const metadata = await server.metadata()
  const answer = await client.requestToken(metadata, grantType, {
    ...parameters,
    ...bindingParameters(jkt),
  })
  const token = parseTokenAnswer(answer)
  const missing = findMissingBinding(token, jkt)
  if (missing !== undefined) settings.onEvent({ type: 'binding_not_applied', reason: missing })
  return { ...token, missing }
}
