import { hash } from 'node:crypto'
import { DPOP_HEADER, systemClock, TMB_PARAMETER, type Clock } from '@tmb-kit/core'
// @ts-expect-error oidc-provider ships no types: ./oidc-provider.ts says what is used of it.
import { errors, Provider } from 'oidc-provider'
import { assertBound } from './assert-bound.js'
import {
  bindAccessToken,
  bindAuthorizationCode,
  bindRefreshToken,
  bindReplayDetection,
  type ModelHooks,
} from './bound-models.js'
import type { KeyBindingClient } from './client-metadata.js'
import { completeAnswer } from './complete-answer.js'
import { supportedMethods, withKeyBinding } from './configuration.js'
import type { ConfirmationMethod } from './confirmation.js'
import { KEY_BINDING_REFUSALS, KeyBindingError } from './errors.js'
import { createEventSink, type KeyBindingEventSink } from './events.js'
import { createTokenExchangeGrant } from './exchange/exchange-grant.js'
import type { TokenExchangeOptions } from './exchange/exchange-policy.js'
import { EXCHANGE_PARAMETERS, REPEATABLE_EXCHANGE_PARAMETERS } from './exchange/exchange-request.js'
import { TOKEN_EXCHANGE } from './exchange/token-types.js'
import { supportsTmb } from './metadata.js'
import type {
  OidcAccessToken,
  OidcConfiguration,
  OidcContext,
  OidcGrantHandler,
  OidcGrantSource,
  OidcParameterNames,
  OidcProvider,
  OidcReplayDetection,
} from './oidc-provider.js'
import { memoryOneTimeUseStore } from './one-time-use.js'
import { readMaxBoundTokenSeconds, type KeyBindingOptions } from './options.js'
import { isUnprovable } from './presented-token.js'
import { readTokenRequest } from './read-token-request.js'
import type { TokenRequest } from './token-request.js'

// Longer than any request takes that read the code or token before it was used.
const ONE_TIME_USE_SECONDS = 300

/** Where the request that is being answered keeps what was read of it. */
const TOKEN_REQUEST = Symbol('tmb token request')

interface Grant {
  readonly grantType: string
  readonly handler: OidcGrantHandler
  readonly next: () => Promise<unknown>
}

const Base = Provider as unknown as typeof OidcProvider
const { CustomOIDCProviderError, InvalidClientAuth, InvalidClientMetadata } =
  errors as unknown as Readonly<
    Record<
      'CustomOIDCProviderError' | 'InvalidClientAuth' | 'InvalidClientMetadata',
      new (...values: readonly unknown[]) => Error
    >
  >

/**
 * oidc-provider's `Provider` that understands `tmb`: a permitted client names the key that an access
 * token is to be bound to, and proves nothing of it. Without `tmb` nothing changes.
 *
 * Checks: the parameter, the client's permission, that a code with `dpop_jkt` and a refreshed grant
 * keep their key; a code or rotating refresh token is used once. Does not check: that the client knows
 * the holder of the key. Trusts: the client, within what its metadata allows.
 *
 * @throws {TypeError} for an unknown option, or contradictory metadata of a configured client.
 * @see draft-richer-oauth-tmb-claim-01 section 3
 */
export class KeyBindingProvider extends Base {
  readonly #methods: readonly ConfirmationMethod[]
  readonly #emit: KeyBindingEventSink
  readonly #hooks: ModelHooks
  readonly #claimOnce: (name: string, expiresAt: number) => Promise<boolean>
  #accessToken: typeof OidcAccessToken | undefined
  #clientCredentials: typeof OidcAccessToken | undefined
  #authorizationCode: typeof OidcGrantSource | undefined
  #refreshToken: typeof OidcGrantSource | undefined
  #replayDetection: typeof OidcReplayDetection | undefined

  constructor(
    issuer: string,
    configuration: OidcConfiguration = {},
    options: KeyBindingOptions = {},
  ) {
    const maxBoundTokenSeconds = readMaxBoundTokenSeconds(options)
    super(
      issuer,
      withKeyBinding(configuration, (sentence) => new InvalidClientMetadata(sentence)),
    )
    const { onEvent, clock = systemClock, tokenExchange, tokenEndpointCors = 'off' } = options
    const { oneTimeUseStore = memoryOneTimeUseStore({ clock }) } = options
    this.#methods = supportedMethods(configuration)
    this.#emit = createEventSink(onEvent)
    this.#claimOnce = async (name, expiresAt) =>
      oneTimeUseStore.claim(hash('sha256', name, 'base64url'), expiresAt)
    this.#hooks = {
      tokenRequest: () => Base.ctx?.state[TOKEN_REQUEST] as TokenRequest | undefined,
      isUnprovable: (token) => isUnprovable(token, { ctx: Base.ctx, configuration }),
      claim: async ({ kind, jti }) => {
        const expiresAt = clock() + ONE_TIME_USE_SECONDS
        if (await oneTimeUseStore.claim(hash('sha256', `${kind}:${jti}`, 'base64url'), expiresAt)) {
          return
        }
        throw new KeyBindingError('grant_already_used')
      },
      limitLifetime: (seconds, { binding, endsAt }) => {
        const cap = binding === undefined ? seconds : Math.min(seconds, maxBoundTokenSeconds)
        return endsAt === undefined ? cap : Math.max(1, Math.min(cap, endsAt - clock()))
      },
    }
    this.use(completeAnswer({ methods: this.#methods, emit: this.#emit, tokenEndpointCors }))
    if (tokenExchange !== undefined)
      this.#registerTokenExchange(configuration, { exchange: tokenExchange, clock })
  }

  override get AccessToken(): typeof OidcAccessToken {
    return (this.#accessToken ??= bindAccessToken(super.AccessToken, this.#hooks))
  }

  override get ClientCredentials(): typeof OidcAccessToken {
    return (this.#clientCredentials ??= bindAccessToken(super.ClientCredentials, this.#hooks))
  }

  override get AuthorizationCode(): typeof OidcGrantSource {
    return (this.#authorizationCode ??= bindAuthorizationCode(super.AuthorizationCode, this.#hooks))
  }

  override get RefreshToken(): typeof OidcGrantSource {
    return (this.#refreshToken ??= bindRefreshToken(super.RefreshToken, this.#hooks))
  }

  override get ReplayDetection(): typeof OidcReplayDetection {
    return (this.#replayDetection ??= bindReplayDetection(super.ReplayDetection, this.#claimOnce))
  }

  /**
   * Every grant passes here, the built-in ones while the constructor of oidc-provider runs: no
   * private member of ours is there yet, so they are touched in the handler only.
   */
  override registerGrantType(
    name: string,
    handler: OidcGrantHandler,
    parameters: OidcParameterNames = [],
    repeatable?: OidcParameterNames,
  ): void {
    const own = typeof parameters === 'string' ? [parameters] : parameters
    super.registerGrantType(
      name,
      (ctx, next): unknown => this.#answer(ctx, { grantType: name, handler, next }),
      supportsTmb(name) ? [...own, TMB_PARAMETER] : [...own],
      repeatable,
    )
  }

  #registerTokenExchange(
    configuration: OidcConfiguration,
    { exchange, clock }: { readonly exchange: TokenExchangeOptions; readonly clock: Clock },
  ): void {
    const grant = createTokenExchangeGrant({
      provider: this,
      configuration,
      exchange,
      clock,
      emit: this.#emit,
    })
    this.registerGrantType(
      TOKEN_EXCHANGE,
      async (ctx) => {
        await grant(ctx, ctx.state[TOKEN_REQUEST] as TokenRequest)
      },
      EXCHANGE_PARAMETERS,
      REPEATABLE_EXCHANGE_PARAMETERS,
    )
  }

  async #answer(ctx: OidcContext, { grantType, handler, next }: Grant): Promise<void> {
    const client = clientOf(ctx)
    const { clientId } = client
    try {
      const request = readTokenRequest(ctx, { grantType, client, supported: this.#methods })
      ctx.state[TOKEN_REQUEST] = request
      const isExchange = grantType === TOKEN_EXCHANGE
      const dpopHeaderIgnored = !isExchange && (await this.#dropProof(grantType, ctx, request))
      await handler(ctx, next)

      const { asked, binding: cnf } = request
      if (asked === undefined && cnf === undefined) return
      assertBound(ctx, cnf)
      ctx.body = { ...(ctx.body as object), cnf }
      const { accountId: subject, grantId } = ctx.oidc?.entities.AccessToken ?? {}
      this.#emit({
        type: 'token_bound',
        clientId,
        grantType,
        cnf,
        subject,
        grantId,
        dpopHeaderIgnored,
      })
    } catch (error) {
      if (!(error instanceof KeyBindingError)) throw error
      this.#emit({ type: 'token_request_refused', clientId, grantType, code: error.code })
      const refusal = KEY_BINDING_REFUSALS[error.code]
      if (refusal.status === 401) throw new InvalidClientAuth({ cause: error })
      throw new CustomOIDCProviderError(refusal.error, refusal.message, { cause: error })
    }
  }

  /**
   * Keys of a `DPoP` header have no part in a binding by `tmb`, and a header that has none must not
   * make the request fail, nor draw a nonce. A grant that was bound before counts, too.
   */
  async #dropProof(grantType: string, ctx: OidcContext, request: TokenRequest): Promise<boolean> {
    const header = DPOP_HEADER.toLowerCase()
    if (ctx.req.headers[header] === undefined) return false
    if (request.asked === undefined && grantType === 'refresh_token') {
      await this.RefreshToken.find(ctx.oidc?.params?.['refresh_token'], { ignoreExpiration: true })
    }
    if (request.asked === undefined && request.binding === undefined) return false

    Reflect.deleteProperty(ctx.req.headers, header)
    return true
  }
}

function clientOf({ oidc }: OidcContext): KeyBindingClient {
  if (oidc?.client === undefined) throw new TypeError('a grant was reached without a client')
  return oidc.client
}
