import { DPOP_SCHEME, type Clock } from '@tmb-kit/core'
import type { CallBackend } from './backend.js'
import type { PageSession } from './page-session.js'
import type { ProofKey } from './proof-key.js'
import type { ProofSigner } from './proof-signer.js'
import type { ResourceServer } from './resource-server.js'
import { TmbError } from './tmb-error.js'
import type { Observe } from './tmb-event.js'
import type { TokenEndpoint } from './token-endpoint.js'

/** An access token, opaque, with the key that it is bound to. Lives in memory only. */
export interface AccessToken {
  readonly value: string
  readonly signer: ProofSigner
  /** NumericDate, by the backend's clock. */
  readonly expiresAt: number
}

export interface AccessTokens {
  /**
   * A token for one resource server: a living one from memory, or the backend's. However many ask,
   * one request is made.
   *
   * @param refused The token that the resource server did not accept; never given back.
   * @throws {@link TmbError} as the backend refuses; `binding_not_applied` and `key_mismatch` also
   *   when it hands out a token that is not bound to this browser's key.
   */
  get(server: ResourceServer | undefined, refused?: AccessToken): Promise<AccessToken>
  /** A token that is newer than any before. */
  renew(server: ResourceServer | undefined): Promise<AccessToken>
  forget(): void
}

export interface AccessTokensOptions {
  readonly call: CallBackend
  readonly now: Clock
  readonly proofKey: ProofKey
  readonly tokenEndpoint: TokenEndpoint
  readonly page: PageSession
  readonly observe: Observe
}

/** A token that ends sooner than this may end on its way. */
const MIN_LIFETIME_SECONDS = 10

/** At most: one that says that a proof is wanted, one that says its nonce, and the last. */
const MAX_ROUNDS = 3

export function createAccessTokens(options: AccessTokensOptions): AccessTokens {
  const { call, now, proofKey, tokenEndpoint, page, observe } = options
  const cache = new Map<ResourceServer | undefined, Promise<AccessToken>>()

  const request = async (
    server: ResourceServer | undefined,
    refresh: boolean,
  ): Promise<AccessToken> => {
    const epoch = page.epoch()
    const signer = await proofKey.load()
    const { jkt } = signer
    const { resource, scope } = server ?? {}
    const content = { jkt, resource, scope, refresh: refresh || undefined }

    let answer
    let round = 0
    do {
      round += 1
      const proof = await tokenEndpoint.prove(signer)
      answer = await call('token', { ...content, token_endpoint_proof: proof })
    } while (round < MAX_ROUNDS && (await tokenEndpoint.wantsProof(answer.body)))

    page.assertCurrent(epoch)
    const { body, error } = answer
    if (error !== undefined) {
      const isStepUp = 'acr_values' in body || 'max_age' in body
      const { code } = error
      if (code === 'no_session' || (code === 'login_required' && !isStepUp)) page.end(code)
      throw error
    }

    const { access_token: value, token_type: type, expires_in: expiresIn, scope: granted } = body
    if (typeof value !== 'string' || typeof expiresIn !== 'number') {
      throw new TmbError('backend_error')
    }
    if (String(type).toLowerCase() !== DPOP_SCHEME.toLowerCase()) {
      throw new TmbError('binding_not_applied')
    }
    if (body['jkt'] !== jkt) throw new TmbError('key_mismatch')

    page.seen()
    const expiresAt = now() + expiresIn
    observe({ type: 'access_token_received', jkt, scope: granted as string, resource, expiresAt })
    return { value, signer, expiresAt }
  }

  const start = async (
    server: ResourceServer | undefined,
    refresh: boolean,
  ): Promise<AccessToken> => {
    const fresh = request(server, refresh)
    cache.set(server, fresh)
    try {
      return await fresh
    } catch (error) {
      if (cache.get(server) === fresh) cache.delete(server)
      throw error
    }
  }
  const get: AccessTokens['get'] = async (server, refused) => {
    page.assertCurrent(page.epoch())
    const cached = cache.get(server)
    if (cached === undefined) return start(server, refused !== undefined)

    const token = await cached
    if (token !== refused && token.expiresAt - now() > MIN_LIFETIME_SECONDS) return token

    // While this call waited, another one may have begun to ask.
    return cache.get(server) === cached ? start(server, token === refused) : get(server, refused)
  }

  return {
    get,
    renew: async (server) => {
      page.assertCurrent(page.epoch())
      return start(server, true)
    },
    forget: () => {
      cache.clear()
    },
  }
}
