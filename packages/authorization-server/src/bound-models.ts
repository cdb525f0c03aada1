import type { Confirmation } from './confirmation.js'
import type { OidcAccessToken, OidcFindOptions, OidcGrantSource } from './oidc-provider.js'
import type { TokenRequest } from './token-request.js'

/** What a model asks of the request in which it is used. */
export interface ModelHooks {
  /** `undefined` outside of a token request. */
  readonly tokenRequest: () => TokenRequest | undefined
  /** Whether the token is presented here, and by somebody whose possession cannot be verified. */
  readonly isUnprovable: (token: BoundToken) => boolean
  /** @throws when another request has used the code or refresh token. */
  readonly claim: (source: OidcGrantSource) => Promise<void>
}

/** An access token with the one confirmation member that oidc-provider has no place for. */
export interface BoundToken extends OidcAccessToken {
  tls_exp?: string | undefined
}

/** `AccessToken` or `ClientCredentials` that takes the binding of its token request. */
export function bindAccessToken(
  Model: typeof OidcAccessToken,
  { tokenRequest, isUnprovable }: ModelHooks,
): typeof OidcAccessToken {
  class BoundAccessToken extends Model implements BoundToken {
    declare tls_exp?: string | undefined

    static override get IN_PAYLOAD(): readonly string[] {
      return [...super.IN_PAYLOAD, 'tls_exp']
    }

    static override async find(
      value: unknown,
      options?: OidcFindOptions,
    ): Promise<OidcAccessToken | undefined> {
      const token = await super.find(value, options)
      return token === undefined || isUnprovable(token) ? undefined : token
    }

    override async save(): Promise<string> {
      const binding = tokenRequest()?.binding
      if (binding !== undefined) {
        // All of them, so that nothing of a certificate on the same request stays.
        this.jkt = binding.jkt
        this['x5t#S256'] = binding['x5t#S256']
        this.tls_exp = binding.tls_exp
      }
      return super.save()
    }
  }
  return named(BoundAccessToken, Model)
}

/** `AuthorizationCode` that an equal `tmb` satisfies, and that one request can use. */
export function bindAuthorizationCode(
  Model: typeof OidcGrantSource,
  { tokenRequest, claim }: ModelHooks,
): typeof OidcGrantSource {
  class BoundAuthorizationCode extends Model {
    static override async find(
      value: unknown,
      options?: OidcFindOptions,
    ): Promise<OidcGrantSource | undefined> {
      const code = await super.find(value, options)
      if (code !== undefined) tokenRequest()?.redeem(code)
      return code
    }

    override async consume(): Promise<void> {
      await claim(this)
      await super.consume()
    }
  }
  return named(BoundAuthorizationCode, Model)
}

/** `RefreshToken` that remembers how its grant is bound. */
export function bindRefreshToken(
  Model: typeof OidcGrantSource,
  { tokenRequest, claim }: ModelHooks,
): typeof OidcGrantSource {
  class BoundRefreshToken extends Model {
    declare confirmation: Confirmation | undefined

    static override get IN_PAYLOAD(): readonly string[] {
      return [...super.IN_PAYLOAD, 'confirmation']
    }

    static override async find(
      value: unknown,
      options?: OidcFindOptions,
    ): Promise<OidcGrantSource | undefined> {
      const refreshToken = await super.find(value, options)
      if (refreshToken instanceof BoundRefreshToken) tokenRequest()?.refresh(refreshToken)
      return refreshToken
    }

    override async save(): Promise<string> {
      this.confirmation = tokenRequest()?.binding ?? this.confirmation
      return super.save()
    }

    override async consume(): Promise<void> {
      await claim(this)
      await super.consume()
    }
  }
  return named(BoundRefreshToken, Model)
}

/** oidc-provider takes the name of a class for the kind of the token, its lifetime and its adapter. */
function named<Class extends object>(Bound: Class, { name }: { readonly name: string }): Class {
  return Object.defineProperty(Bound, 'name', { value: name })
}
