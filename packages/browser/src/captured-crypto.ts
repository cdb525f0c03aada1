import type { Page } from './page.js'

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

  const captured: Record<string, unknown> = {}
  for (const name of ['digest', 'exportKey', 'generateKey', 'sign'] as const) {
    captured[name] = subtle[name].bind(subtle)
  }
  page.crypto = { subtle: captured as never, randomUUID: randomUUID.bind(page.crypto) }
}
