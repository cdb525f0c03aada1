import type { BackendContext } from '../backend-context.js'
import { withinSeconds } from '../within-seconds.js'
import type { TokenHint } from './oauth-client.js'

/** How long anybody waits for a revocation. It goes on after that. */
const MAX_WAIT_SECONDS = 3

/**
 * Takes tokens back at the authorization server, RFC 7009.
 *
 * Never rejects and never lasts: whoever calls has ended the matter on this side already.
 */
export async function revokeTokens(
  tokens: Readonly<Partial<Record<TokenHint, string | undefined>>>,
  { settings, server, client }: Pick<BackendContext, 'client' | 'server' | 'settings'>,
): Promise<void> {
  const revoke = async (hint: TokenHint): Promise<void> => {
    const token = tokens[hint]
    if (token === undefined) return

    try {
      if (await client.revoke(await server.metadata(), token, hint)) return
    } catch {
      // An event tells the operator; to the user the session has ended all the same.
    }
    settings.onEvent({ type: 'revocation_failed' })
  }
  const revocations = Promise.all([revoke('refresh_token'), revoke('access_token')])
  await withinSeconds(MAX_WAIT_SECONDS, revocations)
}
