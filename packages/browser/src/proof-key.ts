import { addKey, readKey } from './key-store.js'
import type { Page } from './page.js'
import { createProofSigner, type ProofSigner } from './proof-signer.js'
import { TmbError } from './tmb-error.js'

/**
 * This browser's proof key, made on first use, and read from the store once per page.
 *
 * Two tabs may both generate; the store keeps one and both tabs get that one, so a thumbprint that
 * the backend has already seen is never orphaned.
 *
 * @throws {@link TmbError} `key_store_unavailable` - within three seconds.
 */
export async function loadProofKey(page: Page): Promise<ProofSigner> {
  const loading = (page.proofKey ??= settle(readOrCreate(page)))
  try {
    return await loading
  } catch (error) {
    if (page.proofKey === loading) page.proofKey = undefined
    throw error
  }
}

async function readOrCreate(page: Page): Promise<ProofSigner> {
  const { backendUrl } = page
  let seen: unknown
  const read = async (): Promise<ProofSigner> =>
    createProofSigner(page, (seen = await readKey(backendUrl)))
  // Missing, damaged, or of another version: whatever it is, the answer is a new key.
  return read().catch(async () => {
    // Generated before the transaction, which ends as soon as it waits for something else.
    const proofKey = await page.generateKey()
    // Refused, or another tab was faster: what counts is what can be read and used, since some
    // browsers take a key and give nothing back.
    await addKey(backendUrl, proofKey, seen).then(
      () => page.tabs?.postMessage('keyreplaced'),
      () => undefined,
    )
    page.hasNewKey = true
    return read()
  })
}

/** A store that says nothing, as one does whose database another tab blocks, has failed. */
export async function settle<T>(work: Promise<T>): Promise<T> {
  const timeoutMilliseconds = 3000
  const late = new Promise<never>((_, reject) => {
    setTimeout(reject, timeoutMilliseconds)
  })
  try {
    return await Promise.race([work, late])
  } catch (cause) {
    throw new TmbError('key_store_unavailable', { cause })
  }
}
