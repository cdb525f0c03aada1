import type { BackendContext } from '../backend-context.js'
import { RefusalError, type RefusalCode } from '../errors.js'
import { AuthorizationServerError } from '../oauth/authorization-server-error.js'
import { CALL_DEADLINE_SECONDS } from '../oauth/guarded-fetch.js'
import type { SessionCookie } from '../session/sessions.js'
import { assertTokenEndpointProof } from '../token/token-endpoint-proof.js'
import { toTokenRefusal } from '../token/token-error.js'
import { withinSeconds } from '../within-seconds.js'
import { completeLogin } from './complete-login.js'
import type { PendingCode } from './pending-codes.js'

/**
 * Mode `handoff`: redeems a waiting code with the page's proof, and begins the session.
 *
 * @throws {RefusalError}
 * @throws {AuthorizationServerError}
 */
export async function redeemPendingCode(
  pending: PendingCode,
  proof: string | undefined,
  context: BackendContext,
): Promise<SessionCookie> {
  const { code, transaction } = pending
  const checked = await assertTokenEndpointProof(proof, transaction.jkt, context)
  const redeeming = context.pendingCodes.redeemOnce(pending, {
    redeem: async () => {
      try {
        return await completeLogin({ code, transaction, proof: checked }, context)
      } catch (error) {
        throw await toTokenRefusal(error, context)
      }
    },
    isFinal,
  })
  const cookie = await withinSeconds(CALL_DEADLINE_SECONDS, redeeming)
  if (cookie === undefined) throw new AuthorizationServerError('unavailable')
  return cookie
}

const NOT_FINAL: readonly RefusalCode[] = [
  'as_unavailable',
  'as_use_dpop_nonce',
  'invalid_token_endpoint_proof',
  'key_mismatch',
  'token_endpoint_proof_required',
]

/**
 * Whether a code is of no use any more. A server that wants a nonce, or another proof, has not used
 * it up; one that did not answer may not have seen it.
 */
export function isFinal(error: unknown): boolean {
  if (error instanceof AuthorizationServerError) return error.code !== 'unavailable'
  if (!(error instanceof RefusalError)) return true
  return !NOT_FINAL.includes(error.code)
}
