import type { JsonObject } from '@tmb-kit/core'
import { sessionOf, type Confirmation } from './confirmation.js'
import type { IssuedTokenType } from './exchange/token-types.js'
import type {
  OidcAccessToken,
  OidcFindOptions,
  OidcGrantSource,
  OidcReplayDetection,
} from './oidc-provider.js'
import type { TokenRequest } from './token-request.js'

/** What a model asks of the request in which it is used. */
export interface ModelHooks {
  /** `undefined` outside of a token request. */
  readonly tokenRequest: () => TokenRequest | undefined
  /** Whether the token is presented here, and by somebody whose possession cannot be verified. */
  readonly isUnprovable: (token: BoundToken) => boolean
  /** @throws when another request has used the code or refresh token. */
  readonly claim: (source: OidcGrantSource) => Promise<void>
  /** How long a token of a request may live that would live so many seconds. */
  readonly limitLifetime: (seconds: number, request: TokenRequest) => number
}

/** An access token with what oidc-provider has no place for. */
export interface BoundToken extends OidcAccessToken {
  tls_exp?: string | undefined
  /** RFC 8693 section 4.1: who acts, of an exchanged token. Kept among the operator's claims. */
  act?: JsonObject
  /** RFC 8693 section 2.2.1, of an exchanged token. */
  issuedTokenType?: IssuedTokenType
}

/** `AccessToken` or `ClientCredentials` that takes the binding of its token request. */
export function bindAccessToken(
  Model: typeof OidcAccessToken,
  { tokenRequest, isUnprovable, limitLifetime }: ModelHooks,
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

    override save(): PromiseLike<string> {
      const request = tokenRequest()
      const binding = request?.binding
      if (binding !== undefined) {
        // All of them, so that nothing of a certificate on the same request stays.
        this.jkt = binding.jkt
        this['x5t#S256'] = binding['x5t#S256']
        this.tls_exp = binding.tls_exp
      }
      // Also where oidc-provider bound it to the certificate of the request, without tmb.
      if (request?.sessionBound === true) this.tls_exp = sessionOf(this)
      if (request !== undefined) this.expiresIn = limitLifetime(this.expiration, request)
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

    override save(): PromiseLike<string> {
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

/** `ReplayDetection` of which one request has an identifier: the library reads, and then writes. */
export function bindReplayDetection(
  Model: typeof OidcReplayDetection,
  claimOnce: (name: string, expiresAt: number) => Promise<boolean>,
): typeof OidcReplayDetection {
  class AtomicReplayDetection extends Model {
    static override async unique(issuer: string, jti: string, exp: number): Promise<boolean> {
      // As JSON, so that no two pairs are the same text.
      if (!(await claimOnce(`${Model.name}:${JSON.stringify([issuer, jti])}`, exp))) return false
      return super.unique(issuer, jti, exp)
    }
  }
  return named(AtomicReplayDetection, Model)
}

/** oidc-provider takes the name of a class for the kind of the token, its lifetime and its adapter. */
function named<Class extends object>(Bound: Class, { name }: { readonly name: string }): Class {
  return Object.defineProperty(Bound, 'name', { value: name })
}
