import { verifyProof } from '@tmb-kit/core'
import { reply, type World } from './world.js'

export const TOKEN_ENDPOINT = 'https://as.test/token'

/** A backend in mode `handoff`, as docs of the protocol have it; the tests set it as they like. */
export interface HandoffBackend {
  /** Another resource than the login's, which needs a proof of its own once the code is gone. */
  isOtherTarget: boolean
  /** The code that waits for a proof of this key. */
  pending: string | undefined
  /** What the authorization server demands. */
  asNonce: string | undefined
  /** What is told beforehand; nothing: as a backend that was just started. */
  knownNonce: string | undefined
  algs: readonly string[]
  tokenEndpoint: string
  /** The refusal of a proof that is good otherwise. */
  refusal: { readonly error: string; readonly status: number } | undefined
  /** How many proofs the authorization server has seen. */
  readonly asCalls: () => number
}

export function runHandoff(world: World): HandoffBackend {
  let asCalls = 0
  const backend: HandoffBackend = {
    isOtherTarget: false,
    pending: undefined,
    asNonce: undefined,
    knownNonce: undefined,
    algs: ['ES256', 'Ed25519'],
    tokenEndpoint: TOKEN_ENDPOINT,
    refusal: undefined,
    asCalls: () => asCalls,
  }
  const demand = () => ({
    token_endpoint: backend.tokenEndpoint,
    algs: backend.algs,
    as_nonce: backend.knownNonce,
  })
  const answer = (body: object, status = 200): Response => {
    const date = new Date(world.clock() * 1000).toUTCString()
    return reply(body, status, { Date: date })
  }

  world.intercept('/bff/session', () => {
    const { pending } = backend
    const { session } = world.backend
    const base = { mode: 'handoff', ...demand() }
    if (pending !== undefined)
      return answer({ active: false, pending: true, jkt: pending, ...base })
    if (session === undefined) return answer({ active: false, ...base })

    const { jkt, sub } = session
    return answer({ active: true, ...base, claims: { sub }, jkt, expires_at: world.clock() + 3600 })
  })

  world.intercept('/bff/token', async (request) => {
    const { jkt, token_endpoint_proof: proof } = (await request.json()) as Record<string, string>
    const holder = backend.pending ?? world.backend.session?.jkt
    if (holder === undefined) return answer({ error: 'no_session' }, 401)
    if (jkt !== holder) return answer({ error: 'key_mismatch' }, 409)
    if (proof === undefined) {
      return answer({ error: 'token_endpoint_proof_required', ...demand() }, 401)
    }

    asCalls += 1
    const { claims } = await verifyProof(proof, {
      htm: 'POST',
      htu: TOKEN_ENDPOINT,
      jkt: holder,
      clock: world.clock,
    })
    if (claims.ath !== undefined) return answer({ error: 'invalid_token_endpoint_proof' }, 400)
    const { refusal } = backend
    if (refusal !== undefined) {
      if (refusal.status !== 503) backend.pending = undefined
      return answer({ error: refusal.error }, refusal.status)
    }
    if (claims.nonce !== backend.asNonce) {
      backend.knownNonce = backend.asNonce
      return answer({ error: 'as_use_dpop_nonce', ...demand() }, 400)
    }
    if (backend.pending !== undefined) {
      world.backend.session = { jkt: backend.pending, sub: 'alice' }
      backend.pending = undefined
      if (backend.isOtherTarget) {
        return answer({ error: 'token_endpoint_proof_required', ...demand() }, 401)
      }
    }
    world.backend.tokensIssued += 1
    return answer({
      access_token: `token-${world.backend.tokensIssued}`,
      token_type: 'DPoP',
      expires_in: 300,
      jkt,
    })
  })
  return backend
}
