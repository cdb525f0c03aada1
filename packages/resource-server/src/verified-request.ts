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

/** Frozen. Members that are absent are left out, not set to `undefined`. */
export function createVerifiedRequest(
  { claims, scopes }: Pick<VerifiedRequest, 'claims' | 'scopes'>,
  cnf: Confirmation,
  { jkt, nonce }: { readonly jkt: Jkt | undefined; readonly nonce: string | undefined },
): VerifiedRequest {
  // Written out: to spread what may be absent costs more than all the rest of this.
  if (nonce === undefined) {
    return Object.freeze(jkt === undefined ? { claims, scopes, cnf } : { claims, scopes, cnf, jkt })
  }
  return Object.freeze(
    jkt === undefined ? { claims, scopes, cnf, nonce } : { claims, scopes, cnf, jkt, nonce },
  )
}

/** As much of a `Request` as a verifier looks at. A `Request` is one. */
export interface VerifiableRequest {
  readonly method: string
  /** Absolute, as it arrived. Its origin is believed only as far as it is one of `origins`. */
  readonly url: string
  readonly headers: { get(name: string): string | null }
  readonly body?: ReadableStream<Uint8Array> | null
  readonly bodyUsed?: boolean
  clone?(): { readonly body: ReadableStream<Uint8Array> | null }
  /** The members of a form that somebody has read already. */
  readonly form?: Readonly<Record<string, unknown>>
}

/** What is known of the connection that a request came on. */
export interface RequestConnection {
  /** The client certificate, DER, from the TLS layer. Never from a header. */
  readonly clientCertificate?: Uint8Array | undefined
  /**
   * The TLS exporter of our own end, as Node's `TLSSocket` has it; for tokens that are bound to a TLS
   * session. Leave it out where somebody else ends the client's TLS session.
   */
  readonly exportKeyingMaterial?:
    ((length: number, label: string, context: Uint8Array) => Uint8Array) | undefined
  /** The protocol of the connection, as Node words it: `TLSv1.3`. */
  readonly tlsVersion?: string | undefined
  /**
   * What stands for the connection: the same object for each of its requests, and for those of no
   * other. Proofs are remembered with it. Default: this object, so hand over the same one each time.
   */
  readonly identity?: object | undefined
  /** The address of the peer, for `trustedProxy` to look at. */
  readonly remoteAddress?: string | undefined
}
