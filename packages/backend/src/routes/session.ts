import type { JsonObject } from '@tmb-kit/core'
import type { Handler } from 'hono'
import { answerJson } from '../answer-json.js'
import type { BackendContext } from '../backend-context.js'
import { readCookies } from '../cookies/read-cookies.js'
import { assertSameKey, verifyOwnProof } from '../guards/own-proof.js'
import { openSessionOf } from '../session/open-session-of.js'
import { proofDemand } from '../token/token-endpoint-proof.js'

/**
 * `GET /session`: who is signed in. Never a token, and only the listed claims.
 *
 * Step 1 of docs/flow.md. Its endpoint checks where the request comes from.
 */
export function sessionRoute(context: BackendContext): Handler {
  return async (c) => {
    const cookies = readCookies(c.req.raw)
    const proven = await verifyOwnProof(c, '/session', context)
    const code = await context.pendingCodes.find(cookies)
    const base = await describeMode(context)
    if (code.kind === 'waiting') {
      assertSameKey(proven, code.pending.transaction.jkt)
      return answerJson(c, {
        active: false,
        pending: true,
        ...base,
        jkt: code.pending.transaction.jkt,
      })
    }

    const open = await openSessionOf(cookies, context.sessions)
    if (open === undefined) return answerJson(c, { active: false, ...base })

    const { claims, jkt, scope } = open.session
    assertSameKey(proven, jkt)
    return answerJson(c, { active: true, ...base, claims, jkt, scope, expires_at: open.expiresAt })
  }
}

/** The mode, and in mode `handoff` what a proof for the token endpoint needs. */
async function describeMode(context: BackendContext): Promise<JsonObject> {
  const { settings, server } = context
  try {
    const { mode } = await server.metadata()
    return mode === 'handoff' ? { mode, ...(await proofDemand(context)) } : { mode }
  } catch {
    // A server that is down, or wrongly configured, is the login's trouble: this answer lives on.
    return { mode: settings.mode ?? 'tmb' }
  }
}
