import {
  isJsonObject,
  memoryReplayStore,
  parseProofAlgorithm,
  parseTargetUri,
  systemClock,
  type Clock,
  type JsonObject,
  type NonceSource,
  type ProofAlgorithm,
  type ReplayStore,
} from '@tmb-kit/core'
import { checkIssuers } from './check-issuers.js'
import type { ConfirmationMethod } from './confirmation.js'
import { isSecureUrl } from './secure-url.js'
import type { VerifierEvent } from './verifier-event.js'
import type { IssuerOptions, VerifierOptions } from './verifier-options.js'

/** The options of a verifier, each checked and none absent. */
export interface VerifierSettings {
  readonly origins: readonly string[]
  readonly issuers: readonly IssuerOptions[]
  readonly audience: readonly string[]
  readonly resource: string | undefined
  readonly hintConfirmationMethods: boolean
  readonly experimentalErrors: boolean
  readonly requirePerRequestClaims: boolean
  readonly htuPathOnly: boolean
  readonly algorithms: readonly ProofAlgorithm[]
  readonly enforce: readonly ConfirmationMethod[]
  readonly strictConfirmation: boolean
  readonly allowBearer: boolean
  readonly maxAgeSeconds: number
  readonly futureSkewSeconds: number
  readonly issuerSkewSeconds: number
  readonly replayStore: ReplayStore
  readonly nonceSource: NonceSource | undefined
  readonly trustedProxy: NonNullable<VerifierOptions['trustedProxy']>
  readonly certificateHeader: string
  readonly clock: Clock
  readonly fetch: typeof fetch
  readonly onEvent: (event: VerifierEvent) => void
}

const OPTION_NAMES: Readonly<Record<keyof VerifierOptions, true>> = {
  origins: true,
  issuer: true,
  audience: true,
  resource: true,
  hintConfirmationMethods: true,
  experimentalErrors: true,
  requirePerRequestClaims: true,
  htuPathOnly: true,
  jwks: true,
  introspection: true,
  algorithms: true,
  enforce: true,
  strictConfirmation: true,
  allowBearer: true,
  maxAgeSeconds: true,
  futureSkewSeconds: true,
  issuerSkewSeconds: true,
  replayStore: true,
  nonceSource: true,
  trustedProxy: true,
  certificateHeader: true,
  clock: true,
  fetch: true,
  onEvent: true,
}

const METHODS: readonly unknown[] = ['jkt', 'x5t#S256', 'tls_exp']

/** @throws {TypeError} with one sentence that says what to change. */
export function checkVerifierOptions(options: VerifierOptions): VerifierSettings {
  if (!isJsonObject(options)) throw new TypeError('createVerifier needs an object of options')
  const unknown = Object.keys(options).find((name) => !Object.hasOwn(OPTION_NAMES, name))
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option of createVerifier`)

  const { clock = systemClock, replayStore = memoryReplayStore({ clock }), nonceSource } = options
  const { algorithms = ['ES256'], enforce = ['jkt', 'x5t#S256', 'tls_exp'] } = options
  const { trustedProxy = () => false } = options
  assertFunctions({ clock, fetch: options.fetch, onEvent: options.onEvent, trustedProxy })
  assertMethods('replayStore', replayStore, ['claim'])
  if (nonceSource !== undefined) assertMethods('nonceSource', nonceSource, ['current', 'accepts'])
  assertList('algorithms', algorithms, (name) => parseProofAlgorithm(name) !== undefined)
  assertList('enforce', enforce, (name) => METHODS.includes(name))
  assertNoProxyForSessions(options)

  return {
    origins: checkOrigins(options.origins),
    issuers: checkIssuers(options),
    audience: checkAudience(options.audience),
    resource: checkResource(options.resource),
    hintConfirmationMethods: checkFlag('hintConfirmationMethods', options.hintConfirmationMethods),
    experimentalErrors: checkFlag('experimentalErrors', options.experimentalErrors),
    requirePerRequestClaims: checkFlag('requirePerRequestClaims', options.requirePerRequestClaims),
    htuPathOnly: checkFlag('htuPathOnly', options.htuPathOnly),
    algorithms,
    enforce,
    strictConfirmation: checkFlag('strictConfirmation', options.strictConfirmation),
    allowBearer: checkFlag('allowBearer', options.allowBearer),
    maxAgeSeconds: checkSeconds('maxAgeSeconds', options.maxAgeSeconds ?? 60, 1, 3600),
    futureSkewSeconds: checkSeconds('futureSkewSeconds', options.futureSkewSeconds ?? 10, 0, 300),
    issuerSkewSeconds: checkSeconds('issuerSkewSeconds', options.issuerSkewSeconds ?? 10, 0, 60),
    replayStore,
    nonceSource,
    trustedProxy,
    certificateHeader: checkHeaderName(options.certificateHeader),
    clock,
    fetch: options.fetch ?? (async (input, init) => globalThis.fetch(input, init)),
    onEvent: options.onEvent ?? (() => undefined),
  }
}

function checkOrigins(origins: unknown): readonly string[] {
  assertList('origins', origins, (origin) => {
    if (typeof origin !== 'string' || /[?#]/.test(origin)) return false
    return parseTargetUri(origin) !== undefined && isSecureUrl(origin)
  })
  return origins as readonly string[]
}

function checkAudience(audience: unknown): readonly string[] {
  const list: unknown = typeof audience === 'string' ? [audience] : audience
  assertList('audience', list, (name) => typeof name === 'string' && name !== '')
  return list as readonly string[]
}

/** RFC 9728 section 1.2. */
function checkResource(resource: unknown): string | undefined {
  if (resource === undefined) return undefined
  // What can stand in a challenge without escapes, and is the one spelling of its URL.
  if (typeof resource !== 'string' || /["\\#?]/.test(resource) || !isSecureUrl(resource)) {
    throw new TypeError('resource must be an https URL without query and fragment, or loopback')
  }
  return resource
}

function assertList(name: string, list: unknown, isGood: (member: unknown) => boolean): void {
  if (!Array.isArray(list) || list.length === 0 || !list.every(isGood)) {
    throw new TypeError(`${name} must be a list of one or more, ${EXPECTATIONS[name] ?? ''}`)
  }
}

const EXPECTATIONS: Readonly<Record<string, string>> = {
  origins: 'each an https base URL without query and fragment, or loopback',
  algorithms: 'each a proof algorithm such as ES256 or Ed25519',
  enforce: 'each jkt, x5t#S256 or tls_exp',
  audience: 'each a text',
}

/** A proxy ends the client's TLS session, and what it says of that session is not the session. */
function assertNoProxyForSessions({ trustedProxy, enforce = [] }: VerifierOptions): void {
  if (trustedProxy !== undefined && enforce.includes('tls_exp')) {
    throw new TypeError('tls_exp cannot be enforced behind a proxy: leave out one of the two')
  }
}

function checkHeaderName(name: unknown = 'Client-Cert'): string {
  if (typeof name !== 'string' || !/^[\w-]+$/.test(name)) {
    throw new TypeError('certificateHeader must be the name of a header')
  }
  return name
}

function checkFlag(name: string, value: unknown = false): boolean {
  if (typeof value !== 'boolean') throw new TypeError(`${name} must be true or false`)
  return value
}

function checkSeconds(name: string, value: number, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || value < least || value > most) {
    throw new TypeError(`${name} must be a whole number of seconds from ${least} to ${most}`)
  }
  return value
}

function assertFunctions(functions: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(functions)) {
    if (value !== undefined && typeof value !== 'function') {
      throw new TypeError(`${name} must be a function`)
    }
  }
}

function assertMethods(name: string, port: unknown, methods: readonly string[]): void {
  const members = typeof port === 'object' && port !== null ? (port as JsonObject) : {}
  const missing = methods.find((method) => typeof members[method] !== 'function')
  if (missing !== undefined) throw new TypeError(`${name} must have a method ${missing}`)
}
