import type { KeyStore } from './key-store.js'
import { createProofSigner, type ProofSigner, type ProofSignerOptions } from './proof-signer.js'
import { TmbError } from './tmb-error.js'

export interface ProofKeyOptions extends ProofSignerOptions {
  readonly store: KeyStore
  readonly algorithm: ProofSigner['algorithm']
  /** Default: 3000. Within this time every call settles. */
  readonly timeoutMilliseconds?: number
  /** Told when this call made the browser's key. */
  readonly onCreated: (jkt: string) => void
  /** Told when the key that this page knew is not the stored one any more. */
  readonly onReplaced: (jkt: string | undefined) => void
}

/** This browser's proof key: one for all tabs, read from the store once per page. */
export interface ProofKey {
  /**
   * The key, made on first use.
   *
   * Two tabs may both generate; the store keeps one and both tabs get that one, so a thumbprint
   * that the backend has already seen is never orphaned.
   *
   * @throws {@link TmbError} `key_store_unavailable`, within three seconds.
   */
  load(): Promise<ProofSigner>
  /** The key that is stored now, or `undefined`: makes none. Throws as `load` does. */
  peek(): Promise<ProofSigner | undefined>
  /** Drops it from memory, unless it is this one. */
  forget(unless?: string): void
  /** Drops it from memory and from the store, for all tabs. */
  remove(): Promise<void>
}

export function createProofKey(options: ProofKeyOptions): ProofKey {
  const { store, observe, onCreated, onReplaced, timeoutMilliseconds = 3000 } = options
  let known: ProofSigner | undefined
  let loading: Promise<ProofSigner> | undefined

  const keep = (signer: ProofSigner, created = false): ProofSigner => {
    if (signer.jkt === known?.jkt) return known

    known = signer
    observe({ type: 'proof_key_ready', jkt: signer.jkt, created })
    if (created) onCreated(signer.jkt)
    return signer
  }
  const forget = (unless?: string): void => {
    loading = undefined
    if (known === undefined || known.jkt === unless) return

    known = undefined
    onReplaced(unless)
  }
  const readOrCreate = async (): Promise<ProofSigner> => {
    const seen = await store.read()
    const stored = await prepare(seen, options)
    if (stored !== undefined) return keep(stored)

    // Generated before the transaction, which ends as soon as it waits for something else.
    const pair = await generateProofKey(options.algorithm)
    const { jkt } = await createProofSigner(pair, options)
    await store.replace(seen, { jkt, privateKey: pair.privateKey, publicKey: pair.publicKey })

    // Some browsers accept a key and give nothing back: only what a new connection reads counts.
    store.reopen()
    const kept = await prepare(await store.read(), options)
    if (kept === undefined) throw new Error('the key was not kept')
    return keep(kept, kept.jkt === jkt)
  }
  const settle = async <T>(work: Promise<T>): Promise<T> => {
    let timer
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(reject, timeoutMilliseconds)
    })
    try {
      return await Promise.race([work, late])
    } catch (cause) {
      store.reopen()
      throw new TmbError('key_store_unavailable', { cause })
    } finally {
      clearTimeout(timer)
    }
  }

  return {
    load: async () => {
      const mine = (loading ??= settle(readOrCreate()))
      try {
        return await mine
      } catch (error) {
        if (loading === mine) loading = undefined
        throw error
      }
    },
    peek: async () => {
      const stored = await settle(store.read().then(async (record) => prepare(record, options)))
      forget(stored?.jkt)
      if (stored === undefined) return undefined

      const signer = keep(stored)
      loading = Promise.resolve(signer)
      return signer
    },
    forget,
    remove: async () => {
      loading = known = undefined
      await settle(store.remove())
    },
  }
}

/** A signer for a stored record, or `undefined` when the record is no key that signs. */
async function prepare(
  record: unknown,
  options: ProofSignerOptions,
): Promise<ProofSigner | undefined> {
  try {
    const pair = record as CryptoKeyPair
    return pair.privateKey.extractable ? undefined : await createProofSigner(pair, options)
  } catch {
    // Missing, damaged, or of another version: whatever it is, the answer is a new key.
    return undefined
  }
}

async function generateProofKey(algorithm: ProofSigner['algorithm']): Promise<CryptoKeyPair> {
  const parameters =
    algorithm === 'ES256' ? { name: 'ECDSA', namedCurve: 'P-256' } : { name: algorithm }
  const extractable = false
  const pair = await crypto.subtle.generateKey(parameters, extractable, ['sign', 'verify'])
  return pair as CryptoKeyPair
}
