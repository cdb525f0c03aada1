/** Which access token a request needs. */
export interface AccessTokenNeed {
  /** The origin of the resource server. */
  readonly resourceServer: string
  /** The last one was refused as `invalid_token`: it is no use to answer with it again. */
  readonly renew: boolean
}

/**
 * Where access tokens come from: an authorization server that binds them to this service's
 * certificate and TLS session. Called for every request, so what it answers should be remembered.
 */
export type AccessTokenSource = (need: AccessTokenNeed) => Promise<string>
