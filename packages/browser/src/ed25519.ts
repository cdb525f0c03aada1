import type { Page } from './page.js'

/** A part of a page: makes Ed25519 keys where the browser has them. A key that is there stays. */
export function ed25519(page: Page): void {
  const { generateKey } = page
  page.generateKey = async () =>
    page.crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign']).catch(generateKey)
}
