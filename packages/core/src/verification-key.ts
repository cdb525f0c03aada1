/** A public key of some runtime, ready to verify the signatures of one JWS algorithm. */
export interface VerificationKey {
  /**
   * Whether the key has signed.
   *
   * @param signature As in a JWS: for ECDSA the two numbers, one after the other.
   * @param signingInput ASCII: the first two segments of a JWS.
   */
  verify(signature: Uint8Array<ArrayBuffer>, signingInput: string): boolean | Promise<boolean>
}
