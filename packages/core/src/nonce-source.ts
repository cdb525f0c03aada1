import { encodeBase64url } from './encode-base64url.js'
import { systemClock, type Clock } from './clock.js'
import { equalInConstantTime } from './constant-time.js'
import { assertKnownOptions } from './known-options.js'

/** Makes nonces and knows them again. */
export interface NonceSource {
  /** The nonce to offer now. */
  current(): Promise<string>
  /** Whether a nonce is of this source, and recent. */
  accepts(nonce: string): Promise<boolean>
}

export interface HmacNonceSourceOptions {
  /** Strings of 32 bytes or more, the newest first: it makes nonces, the others only know theirs. */
  readonly secrets: readonly string[]
  /** A nonce lives at least this long and at most twice as long. Default: 300 s. */
  readonly lifetimeSeconds?: number
  readonly clock?: Clock
}

const MIN_SECRET_OCTETS = 32

/**
 * Nonces without memory: a MAC over the number of the current time window, known to every instance
 * that has the secret.
 *
 * Does not make a nonce for one use, nor for one browser: single use is the replay store's work.
 *
 * @throws {TypeError} when there is no secret, or one is too short, or the lifetime is not positive, or
 *   for an option that there is not.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-8
 */
export function hmacNonceSource(options: HmacNonceSourceOptions): NonceSource {
  assertKnownOptions('hmacNonceSource', options, ['secrets', 'lifetimeSeconds', 'clock'])
  const { secrets, lifetimeSeconds = 300, clock = systemClock } = options
  assertSecrets(secrets)
  if (!Number.isSafeInteger(lifetimeSeconds) || lifetimeSeconds < 1) {
    throw new TypeError('lifetimeSeconds must be a whole number of seconds, 1 or more')
  }

  const macKeys = new Map<string, Promise<CryptoKey>>()
  const nonceOf = async (secret: string, window: number): Promise<string> => {
    const macKey = macKeys.get(secret) ?? importMacKey(secret)
    macKeys.set(secret, macKey)
    const octets = new TextEncoder().encode(`tmb-kit dpop nonce ${lifetimeSeconds} ${window}`)
    return encodeBase64url(new Uint8Array(await crypto.subtle.sign('HMAC', await macKey, octets)))
  }
  const currentWindow = (): number => Math.floor(clock() / lifetimeSeconds)

  return {
    current: async () => nonceOf(secrets[0] ?? '', currentWindow()),
    accepts: async (nonce) => {
      // The next window too: another instance's clock may be a little ahead of ours.
      const window = currentWindow()
      const known = await Promise.all(
        secrets.flatMap((secret) =>
          [window, window - 1, window + 1].map(async (w) => nonceOf(secret, w)),
        ),
      )
      return known.map((candidate) => equalInConstantTime(candidate, nonce)).includes(true)
    },
  }
}

function assertSecrets(secrets: readonly string[]): void {
  if (!Array.isArray(secrets) || secrets.length === 0) throw new TypeError('secrets: at least one')
  for (const secret of secrets as readonly unknown[]) {
    if (typeof secret !== 'string' || new TextEncoder().encode(secret).length < MIN_SECRET_OCTETS) {
      throw new TypeError(`secrets: each a string of ${MIN_SECRET_OCTETS} bytes or more`)
    }
  }
}

async function importMacKey(secret: string): Promise<CryptoKey> {
  const octets = new TextEncoder().encode(secret)
  return crypto.subtle.importKey('raw', octets, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])
}
