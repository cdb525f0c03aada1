import type { Clock, JsonObject, NonceSource, ProofAlgorithm, ReplayStore } from '@tmb-kit/core'
import type { ConfirmationMethod } from './confirmation.js'
import type { IntrospectionOptions } from './introspection/introspection-options.js'
import type { RequestConnection, VerifiableRequest } from './verified-request.js'
import type { VerifierEvent } from './verifier-event.js'

/** The public keys of an issuer, RFC 7517 section 5. */
export interface JsonWebKeySet {
  readonly keys: readonly (JsonWebKey | JsonObject)[]
}

/** One issuer among several, with its own keys. */
export interface IssuerOptions {
  readonly issuer: string
  /** Default: fetched from where the issuer's metadata says. */
  readonly jwks?: JsonWebKeySet
  /** Where opaque tokens are looked up. One issuer at most: a token is shown to no other. */
  readonly introspection?: IntrospectionOptions
}

export interface VerifierOptions {
  /**
   * The public base URLs of this resource server, with their mount prefix: what a browser sees, not
   * what arrives behind the proxy. Several where it answers at several.
   */
  readonly origins: readonly string[]
  /** Whose tokens count: one issuer, or several, each with keys of its own. */
  readonly issuer: string | readonly (string | IssuerOptions)[]
  /** What `aud` must hold; with several, one of them. */
  readonly audience: string | readonly string[]
  /** The keys of the only issuer. Default: fetched from where its metadata says. */
  readonly jwks?: JsonWebKeySet
  /** Where the opaque tokens of the only issuer are looked up. Default: opaque tokens are refused. */
  readonly introspection?: IntrospectionOptions
  /**
   * The identifier of this resource server, RFC 9728 section 1.2. With it, every challenge says where
   * the metadata is. Default: challenges do not, and the metadata names the first of `origins`.
   */
  readonly resource?: string
  /**
   * Hint in every challenge which confirmation methods are enforced, `supported_cnf_methods`. No
   * specification has it yet. Default: false.
   */
  readonly hintConfirmationMethods?: boolean
  /**
   * Answer `invalid_mtls_certificate` where a token needs a client certificate and there is none: a
   * proposal on a mailing list. Default: false, and `invalid_token` is answered.
   */
  readonly experimentalErrors?: boolean
  /**
   * Refuse session-binding proofs without `jti`, `htm` and `htu`: for connections that carry requests
   * of several users or tasks. Each request then costs a signature. Default: false.
   */
  readonly requirePerRequestClaims?: boolean
  /**
   * Take an `htu` that is a path alone in a session-binding proof too, as the example of its draft
   * has it. Default: false.
   */
  readonly htuPathOnly?: boolean
  /** Algorithms of proofs; tokens take what the issuer's keys say. Default: `['ES256']`. */
  readonly algorithms?: readonly ProofAlgorithm[]
  /** The members of `cnf` that must hold where a token has them. Default: all that are understood. */
  readonly enforce?: readonly ConfirmationMethod[]
  /** Refuse members of `cnf` that are not understood, beside ones that are. Default: ignored. */
  readonly strictConfirmation?: boolean
  /** Take tokens that are bound to nothing, as Bearer. Default: false. */
  readonly allowBearer?: boolean
  /** How old a proof may be. Default: 60 s. */
  readonly maxAgeSeconds?: number
  /** How far ahead of ours the clock behind a proof may be. Default: 10 s. */
  readonly futureSkewSeconds?: number
  /** How far ahead of ours the issuer's clock may be, 60 s at most. Default: 10 s. */
  readonly issuerSkewSeconds?: number
  /** Default: this process's memory. Processes that share the work need a store that they share. */
  readonly replayStore?: ReplayStore
  /** With one, every proof must carry a nonce of it. Default: none is asked for. */
  readonly nonceSource?: NonceSource
  /**
   * Says that a request came through a proxy of ours, which sets or strips these headers itself. Only
   * then do `Forwarded`, `X-Forwarded-Host` and `X-Forwarded-Proto` choose among `origins`, and does
   * the `certificateHeader` stand for the client's certificate. Default: never.
   */
  readonly trustedProxy?: (request: VerifiableRequest, connection: RequestConnection) => boolean
  /**
   * In which header that proxy tells the client's certificate: as RFC 9440 has it, or as PEM with
   * percent-encoding, which is nginx's `$ssl_client_escaped_cert`. Default: `Client-Cert`.
   */
  readonly certificateHeader?: string
  readonly clock?: Clock
  readonly fetch?: typeof fetch
  readonly onEvent?: (event: VerifierEvent) => void
}
