import type { Page, PageCrypto } from './page.js'

/**
 * A part of a page: takes the functions of WebCrypto as they are now, so that a script which
 * replaces them later sees no token.
 *
 * Does not help against a script that was there before, or that calls this package itself. On a page
 * without https they are missing, and whatever needs them fails when it does.
 */
export function capturedCrypto(page: Page): void {
  const { subtle, randomUUID } = page.crypto as Partial<Crypto>
  if (!subtle || !randomUUID) return

  const { digest, exportKey, generateKey, sign } = subtle
  page.crypto = {
    subtle: {
      digest: digest.bind(subtle),
      exportKey: exportKey.bind(subtle),
      generateKey: generateKey.bind(subtle),
      sign: sign.bind(subtle),
    },
    randomUUID: randomUUID.bind(page.crypto),
  }
}
