import { equalInConstantTime, type Jkt } from '@tmb-kit/core'
import type { BackendContext } from '../backend-context.js'
import type { Cookies } from '../cookies/read-cookies.js'
import { RefusalError } from '../errors.js'
import type { FoundCode, PendingCode } from '../login/pending-codes.js'
import { openSessionOf } from '../session/open-session-of.js'
import type { OpenSession } from '../session/sessions.js'

/** On whose behalf a token is asked for: a session, or a login that waits for its proof. */
export type TokenHolder =
  | { readonly kind: 'code'; readonly pending: PendingCode }
  | { readonly kind: 'session'; readonly open: OpenSession }

const WITHOUT_SESSION = {
  none: 'no_session',
  expired: 'login_required',
  used: 'invalid_request',
} as const satisfies Record<Exclude<FoundCode['kind'], 'waiting'>, string>

/**
 * Finds the holder that a request's cookies name, and compares its pinned key.
 *
 * @throws {RefusalError} `no_session`, `login_required` - the code waited for too long,
 *   `invalid_request` - the code was redeemed already, `key_mismatch`
 */
export async function findTokenHolder(
  cookies: Cookies,
  jkt: Jkt,
  { settings, sessions, pendingCodes }: BackendContext,
): Promise<TokenHolder> {
  const code = await pendingCodes.find(cookies)
  if (code.kind === 'waiting') {
    const { pending } = code
    assertPinned(jkt, pending.transaction.jkt)
    return { kind: 'code', pending }
  }

  const open = await openSessionOf(cookies, sessions)
  if (open === undefined) throw new RefusalError(WITHOUT_SESSION[code.kind])

  const { id, jkt: pinned } = open.session
  if (jkt !== pinned) settings.onEvent({ type: 'key_mismatch', session: id, offeredJkt: jkt })
  assertPinned(jkt, pinned)
  return { kind: 'session', open }
}

function assertPinned(jkt: Jkt, pinned: Jkt): void {
  if (!equalInConstantTime(jkt, pinned)) throw new RefusalError('key_mismatch')
}
