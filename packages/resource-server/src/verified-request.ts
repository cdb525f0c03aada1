import type { Jkt } from '@tmb-kit/core'
import type { Confirmation } from './confirmation.js'
import type { AccessTokenClaims } from './token/access-token-claims.js'

/** A request whose token and proofs passed every check. There is no other way to get one. */
export interface VerifiedRequest {
  readonly claims: AccessTokenClaims
  /** The scopes of the token. */
  readonly scopes: readonly string[]
  /** The members of `cnf` that were enforced; none for an unbound token, with `allowBearer`. */
  readonly cnf: Confirmation
  /** The thumbprint of the key that made the proof. */
  readonly jkt?: Jkt
  /** The nonce to offer on the answer, in the `DPoP-Nonce` header. */
  readonly nonce?: string
}

/** What is known of the connection that a request came on. */
export interface RequestConnection {
  /** The client certificate, DER, from the TLS layer. Never from a header. */
  readonly clientCertificate?: Uint8Array
  /** The address of the peer, for `trustedProxy` to look at. */
  readonly remoteAddress?: string
}
