/**
 * One AES-256-GCM key, for octets that begin with a 96-bit initialisation vector and end with a
 * 128-bit tag. Node answers at once, runtimes that have WebCrypto only do so later.
 */
export interface SealKey {
  /** @param name The additional data. */
  encrypt(plain: string, name: string): Uint8Array | Promise<Uint8Array>
  /** @returns `undefined` for what this key did not seal under this name. */
  decrypt(
    sealed: Uint8Array<ArrayBuffer>,
    name: string,
  ): string | undefined | Promise<string | undefined>
}

export const IV_OCTETS = 12
export const TAG_OCTETS = 16
