import { computeSha256, DPOP_HEADER, systemClock, TMB_PARAMETER, type Clock } from '@tmb-kit/core'
// @ts-expect-error oidc-provider ships no types: ./oidc-provider.ts says what is used of it.
import { errors, Provider } from 'oidc-provider'
import {
  bindAccessToken,
  bindAuthorizationCode,
  bindRefreshToken,
  type BoundToken,
  type ModelHooks,
} from './bound-models.js'
import type { KeyBindingClient } from './client-metadata.js'
import { completeAnswer } from './complete-answer.js'
import { supportedMethods, withKeyBinding } from './configuration.js'
import type { Confirmation, ConfirmationMethod } from './confirmation.js'
import { KEY_BINDING_REFUSALS, KeyBindingError } from './errors.js'
import { createEventSink, type KeyBindingEventSink } from './events.js'
import { supportsTmb } from './metadata.js'
import type {
  OidcAccessToken,
  OidcConfiguration,
  OidcContext,
  OidcGrantHandler,
  OidcGrantSource,
  OidcParameterNames,
  OidcProvider,
} from './oidc-provider.js'
import { memoryOneTimeUseStore, type OneTimeUseStore } from './one-time-use.js'
import { readTokenRequest } from './read-token-request.js'
import type { TokenRequest } from './token-request.js'

export interface KeyBindingOptions {
  /** Takes audit events. Must not throw, and is not waited for. */
  readonly onEvent?: KeyBindingEventSink
  /** Must be shared by all processes that share the adapter. Default: the memory of this process. */
  readonly oneTimeUseStore?: OneTimeUseStore
  /** Default: the clock of the machine. oidc-provider's own clock is not affected. */
  readonly clock?: Clock
}

const OPTIONS: readonly string[] = ['onEvent', 'oneTimeUseStore', 'clock']

// Longer than any request takes that read the code or token before it was used.
const ONE_TIME_USE_SECONDS = 300

const Base = Provider as unknown as typeof OidcProvider
const { CustomOIDCProviderError, InvalidClientMetadata } = errors as unknown as Readonly<
  Record<
    'CustomOIDCProviderError' | 'InvalidClientMetadata',
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
  readonly #requests = new WeakMap<OidcContext, TokenRequest>()
  readonly #methods: readonly ConfirmationMethod[]
  readonly #emit: KeyBindingEventSink
  readonly #hooks: ModelHooks
  #accessToken: typeof OidcAccessToken | undefined
  #clientCredentials: typeof OidcAccessToken | undefined
  #authorizationCode: typeof OidcGrantSource | undefined
  #refreshToken: typeof OidcGrantSource | undefined

  constructor(
    issuer: string,
    configuration: OidcConfiguration = {},
    options: KeyBindingOptions = {},
  ) {
    const unknown = Object.keys(options).find((name) => !OPTIONS.includes(name))
    if (unknown !== undefined) throw new TypeError(`unknown option ${unknown}`)

    super(
      issuer,
      withKeyBinding(configuration, (sentence) => new InvalidClientMetadata(sentence)),
    )
    const { onEvent, clock = systemClock } = options
    const { oneTimeUseStore = memoryOneTimeUseStore({ clock }) } = options
    this.#methods = supportedMethods(configuration)
    this.#emit = createEventSink(onEvent)
    this.#hooks = {
      tokenRequest: () => (Base.ctx === undefined ? undefined : this.#requests.get(Base.ctx)),
      isUnprovable: (token) => isPresented() && !canBeProved(token, configuration),
      claim: async ({ kind, jti }) => {
        const expiresAt = clock() + ONE_TIME_USE_SECONDS
        if (await oneTimeUseStore.claim(await computeSha256(`${kind}:${jti}`), expiresAt)) return
        throw new KeyBindingError('grant_already_used')
      },
    }
    this.use(completeAnswer({ methods: this.#methods }))
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
      async (ctx, next) => this.#answer(name, ctx, async () => handler(ctx, next)),
      supportsTmb(name) ? [...own, TMB_PARAMETER] : [...own],
      repeatable,
    )
  }

  async #answer(
    grantType: string,
    ctx: OidcContext,
    handle: () => Promise<unknown>,
  ): Promise<void> {
    const client = clientOf(ctx)
    const { clientId } = client
    try {
      const request = readTokenRequest(ctx, { grantType, client, supported: this.#methods })
      this.#requests.set(ctx, request)
      const dpopHeaderIgnored = await this.#dropProof(grantType, ctx, request)
      await handle()

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

/**
 * The last look before an answer leaves: should a part of oidc-provider have moved, the request fails,
 * and no bearer token goes out in place of a bound one.
 */
function assertBound(
  { oidc }: OidcContext,
  cnf: Confirmation | undefined,
): asserts cnf is Confirmation {
  const token = oidc?.entities.AccessToken ?? oidc?.entities.ClientCredentials
  const isBound =
    cnf !== undefined &&
    token !== undefined &&
    token.jkt === cnf.jkt &&
    token['x5t#S256'] === cnf['x5t#S256']
  if (!isBound)
    throw new TypeError('oidc-provider did not take the binding: is its version 9.13.3?')
}

/** Whether a resource of the authorization server itself is asked for, by whom a token was given. */
function isPresented(): boolean {
  return ['userinfo', 'credential'].includes(Base.ctx?.oidc?.route ?? '')
}

/** oidc-provider verifies proofs and, where it was told how, certificates; of TLS sessions it knows nothing. */
function canBeProved(token: BoundToken, { features }: OidcConfiguration): boolean {
  if (token.tls_exp !== undefined) return false
  return token['x5t#S256'] === undefined || features?.['mTLS']?.enabled === true
}
