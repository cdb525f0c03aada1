import type { IncomingMessage, ServerResponse } from 'node:http'

/**
 * The part of oidc-provider 9.13.3 that the plugin touches, and that who embeds it usually needs.
 * The library ships no types; `test/seams.test.ts` fails where this page and the library part ways.
 */

/** A token, code or grant as its adapter keeps it. */
declare class OidcModel {
  /** Names of the members that the adapter gets to keep. */
  static get IN_PAYLOAD(): readonly string[]
  static find(value: unknown, options?: OidcFindOptions): Promise<OidcModel | undefined>
  readonly kind: string
  readonly jti: string
  readonly clientId?: string
  readonly accountId?: string
  readonly grantId?: string
  readonly consumed?: unknown
  /** NumericDate. */
  readonly exp?: number
  /** Not a `Promise` by type, so that an override can hand it on as it is: each promise costs. */
  save(): PromiseLike<string>
}

/** `AccessToken` and `ClientCredentials`. */
export declare class OidcAccessToken extends OidcModel {
  static override find(
    value: unknown,
    options?: OidcFindOptions,
  ): Promise<OidcAccessToken | undefined>
  constructor(members: {
    readonly client: OidcClient
    readonly accountId: string
    readonly gty: string
    readonly resourceServer: OidcResourceServer
    readonly scope: string
  })
  readonly aud?: string
  readonly scope?: string
  /** Claims of the operator. */
  readonly extra?: Readonly<Record<string, unknown>>
  readonly tokenType: string
  /** How long it lives from now on, in seconds. */
  get expiration(): number
  expiresIn?: number
  jkt: string | undefined
  'x5t#S256': string | undefined
}

/** `AuthorizationCode` and `RefreshToken`. */
export declare class OidcGrantSource extends OidcModel {
  static override find(
    value: unknown,
    options?: OidcFindOptions,
  ): Promise<OidcGrantSource | undefined>
  /** RFC 9449 section 10, of a code. */
  dpopJkt: string | undefined
  /** NumericDate at which the user proved who he is. */
  readonly authTime?: number
  readonly acr?: string
  readonly amr?: readonly string[]
  consume(): Promise<void>
}

export interface OidcFindOptions {
  readonly ignoreExpiration?: boolean
}

/** RFC 8707: what the operator says of a resource, in `getResourceServerInfo`. */
export interface OidcResourceServerInfo {
  readonly scope: string
  readonly audience?: string
  readonly accessTokenFormat?: 'opaque' | 'jwt'
  readonly accessTokenTTL?: number
}

declare class OidcResourceServer {
  constructor(identifier: string, info: OidcResourceServerInfo)
  identifier(): string
}

/** Remembers identifiers of client assertions and proofs. */
export declare class OidcReplayDetection extends OidcModel {
  /** @param exp NumericDate until which the identifier counts. */
  static unique(issuer: string, jti: string, exp: number): Promise<boolean>
}

/** What a user has granted to a client, for the callback `loadExistingGrant`. */
export declare class OidcGrant {
  static find(grantId: string): Promise<OidcGrant | undefined>
  constructor(subject: { readonly accountId: string; readonly clientId: string })
  addOIDCScope(scope: string): void
  addOIDCClaims(claims: readonly string[]): void
  addResourceScope(resource: string, scope: string): void
  save(): Promise<string>
}

/** A sign-in, or another question to the user, that an authorization request waits for. */
export interface OidcInteraction {
  readonly uid: string
  readonly prompt: { readonly name: string; readonly reasons: readonly string[] }
  readonly params: Readonly<Record<string, unknown>>
}

/** How the user answered. */
export interface OidcInteractionResult {
  readonly login?: {
    readonly accountId: string
    readonly acr?: string
    readonly amr?: readonly string[]
  }
  readonly consent?: { readonly grantId?: string }
  readonly error?: string
}

/** What oidc-provider knows of the request that it is answering. */
interface OidcRequest {
  readonly route: string
  readonly body?: Readonly<Record<string, unknown>>
  readonly params?: Readonly<Record<string, unknown>>
  readonly client?: OidcClient
  readonly requestParamScopes: ReadonlySet<string>
  readonly requestParamOIDCScopes: ReadonlySet<string>
  readonly requestParamClaims: ReadonlySet<string>
  readonly resourceServers: Readonly<Record<string, { readonly scopes: ReadonlySet<string> }>>
  readonly entities: {
    readonly Account?: { readonly accountId: string }
    readonly AuthorizationCode?: OidcGrantSource
    readonly RefreshToken?: OidcGrantSource
    readonly AccessToken?: OidcAccessToken
    readonly ClientCredentials?: OidcAccessToken
  }
  entity(name: 'AccessToken', token: OidcAccessToken): void
}

/** A registered client. */
export interface OidcClient {
  readonly clientId: string
  readonly clientAuthMethod: string
  readonly subjectType?: string
  readonly dpopBoundAccessTokens?: boolean
  readonly tlsClientCertificateBoundAccessTokens?: boolean
  grantTypeAllowed(grantType: string): boolean
}

/** Koa's context. `oidc` is there once a route of oidc-provider matched. */
export interface OidcContext {
  readonly req: IncomingMessage
  readonly res: ServerResponse
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, unknown>>
  readonly oidc?: OidcRequest
  /** For whoever handles the request to keep something in. */
  readonly state: Record<PropertyKey, unknown>
  status: number
  type: string
  body: unknown
  /** `false` when the answer is written past Koa. */
  respond?: boolean
  set(header: string, value: string): void
  remove(header: string): void
}

export type OidcMiddleware = (ctx: OidcContext, next: () => Promise<unknown>) => Promise<unknown>

export type OidcGrantHandler = (ctx: OidcContext, next: () => Promise<unknown>) => unknown

export type OidcParameterNames = string | readonly string[] | ReadonlySet<string>

/** See oidc-provider's documentation; only what the plugin itself reads is named here. */
export interface OidcConfiguration {
  readonly [member: string]: unknown
  readonly clients?: readonly Readonly<Record<string, unknown>>[]
  readonly clientDefaults?: Readonly<Record<string, unknown>>
  readonly extraClientMetadata?: {
    readonly properties?: readonly string[]
    readonly validator?: OidcMetadataValidator
  }
  readonly features?: Readonly<
    Record<string, Readonly<Record<string, unknown> & { enabled?: boolean }>>
  >
  readonly jwks?: { readonly keys: readonly unknown[] }
  readonly findAccount?: (ctx: OidcContext, accountId: string, token: unknown) => unknown
  readonly extraTokenClaims?: OidcExtraTokenClaims
  readonly formats?: {
    readonly [member: string]: unknown
    readonly customizers?: { readonly jwt?: OidcJwtCustomizer }
  }
}

export type OidcMetadataValidator = (
  ctx: OidcContext | undefined,
  name: string,
  value: unknown,
  metadata: Readonly<Record<string, unknown>>,
) => void

export type OidcExtraTokenClaims = (
  ctx: OidcContext,
  token: OidcAccessToken,
) =>
  | Promise<Readonly<Record<string, unknown>> | undefined>
  | Readonly<Record<string, unknown>>
  | undefined

export type OidcJwtCustomizer = (
  ctx: OidcContext,
  token: OidcAccessToken,
  jwt: { header?: Record<string, unknown>; payload: Record<string, unknown> },
) => unknown

/** oidc-provider's `Provider`. Members beyond these are as the library documents them. */
export declare class OidcProvider {
  /** The request that is being answered, if any. */
  static get ctx(): OidcContext | undefined
  constructor(issuer: string, configuration?: OidcConfiguration)
  readonly issuer: string
  /** Whether `X-Forwarded-*` is believed. */
  proxy: boolean
  get AccessToken(): typeof OidcAccessToken
  get AuthorizationCode(): typeof OidcGrantSource
  get ClientCredentials(): typeof OidcAccessToken
  get Client(): { find(clientId: string): Promise<OidcClient | undefined> }
  get Grant(): typeof OidcGrant
  get RefreshToken(): typeof OidcGrantSource
  get ReplayDetection(): typeof OidcReplayDetection
  get ResourceServer(): typeof OidcResourceServer
  /** The address of a route, below the configured issuer. */
  urlFor(route: string): string
  interactionDetails(request: IncomingMessage, response: ServerResponse): Promise<OidcInteraction>
  interactionFinished(
    request: IncomingMessage,
    response: ServerResponse,
    result: OidcInteractionResult,
    options?: { readonly mergeWithLastSubmission?: boolean },
  ): Promise<void>
  registerGrantType(
    name: string,
    handler: OidcGrantHandler,
    parameters?: OidcParameterNames,
    repeatable?: OidcParameterNames,
  ): void
  use(middleware: OidcMiddleware): this
  callback(): (request: IncomingMessage, response: ServerResponse) => Promise<void>
  on(event: string, listener: (...values: never[]) => void): this
}
