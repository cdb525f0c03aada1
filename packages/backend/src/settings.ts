import { systemClock, type Clock } from '@tmb-kit/core'
import { createEventSink, type EventSink } from './events.js'
import { parseLive, type LiveSettings } from './live/live-options.js'
import { KEY_CONTINUITIES, type KeyContinuity } from './login/key-continuity.js'
import { createClientCredentials, type ClientCredentials } from './oauth/client-authentication.js'
import { BINDING_MODES, type BindingMode } from './oauth/key-binding.js'
import { assertKnownOptions } from './option-checks.js'
import type { BackendOptions, ProofOfPossession } from './options.js'
import { parseRateLimits, type RateLimitSettings } from './rate-limit/rate-limit-options.js'
import { isSafeUrl } from './safe-url.js'
import { observeFetch } from './telemetry/observed-fetch.js'
import type { Telemetry } from './telemetry/telemetry.js'
import { parseScope } from './token/scope.js'

/** The options, checked, with their defaults. */
export interface Settings {
  readonly origin: string
  readonly basePath: string
  readonly redirectUri: string
  readonly issuer: string
  readonly clientId: string
  readonly clientCredentials: ClientCredentials
  readonly loginScopes: readonly string[]
  readonly resources: ReadonlyMap<string, readonly string[]>
  readonly claims: readonly string[]
  readonly mode: BindingMode | undefined
  readonly proofOfPossession: ProofOfPossession
  readonly keyContinuity: KeyContinuity
  readonly rateLimits: RateLimitSettings | undefined
  readonly live: LiveSettings
  readonly telemetry: Telemetry | undefined
  readonly clock: Clock
  readonly fetch: typeof fetch
  readonly onEvent: EventSink
}

const OPTION_NAMES: readonly (keyof BackendOptions)[] = [
  'origin',
  'basePath',
  'issuer',
  'client',
  'scope',
  'resources',
  'claims',
  'sessions',
  'mode',
  'proofOfPossession',
  'keyContinuity',
  'rateLimits',
  'live',
  'telemetry',
  'clock',
  'fetch',
  'onEvent',
]

const BASE_PATH = /^(?:\/[A-Za-z0-9._~-]+)+$/
const SCOPE_TOKENS = /^[\x21\x23-\x5b\x5d-\x7e]+(?: [\x21\x23-\x5b\x5d-\x7e]+)*$/

/**
 * Checks what can be seen without the network, and fills in the defaults.
 *
 * @throws {TypeError} whose sentence says what to change.
 */
export function parseOptions(options: BackendOptions): Settings {
  assertKnownOptions('createBackend', options, OPTION_NAMES)
  const { origin, basePath = '/bff', issuer, client, scope, resources, sessions } = options
  const {
    claims = ['sub'],
    mode,
    proofOfPossession = 'off',
    keyContinuity = 'interactive',
  } = options
  assertOrigin(origin)
  assertIssuer(issuer)
  assertThat(BASE_PATH.test(basePath), 'basePath must be a path like /bff, without a last slash')
  assertKnownOptions('client', client, ['id', 'authentication'])
  assertThat(isText(client.id), 'client.id must be the client_id at the authorization server')
  assertThat(
    isText(scope) && SCOPE_TOKENS.test(scope) && parseScope(scope).includes('openid'),
    'scope must be a space-delimited string that holds openid',
  )
  assertResources(resources)
  assertThat(
    Array.isArray(claims) && claims.every(isText),
    'claims must be an array of the names of ID-token claims',
  )
  assertThat(
    typeof (sessions as unknown) === 'object' && typeof sessions.create === 'function',
    'sessions is missing: give cookieSessions({ secrets }) or storedSessions({ store, secrets })',
  )
  assertThat(
    mode === undefined || BINDING_MODES.includes(mode),
    `mode must be ${BINDING_MODES.join(' or ')}, or be left out`,
  )
  assertThat(
    ['off', 'required'].includes(proofOfPossession),
    'proofOfPossession must be off or required',
  )
  assertThat(
    KEY_CONTINUITIES.includes(keyContinuity),
    `keyContinuity must be ${KEY_CONTINUITIES.join(' or ')}`,
  )
  for (const name of ['clock', 'fetch', 'onEvent'] as const) {
    const port: unknown = options[name]
    assertThat(port === undefined || typeof port === 'function', `${name} must be a function`)
  }

  const clock = options.clock ?? systemClock
  const { telemetry } = options
  assertThat(
    telemetry === undefined || typeof (telemetry.request as unknown) === 'function',
    'telemetry must be what openTelemetry() gives, or an object like it',
  )
  const plainFetch = options.fetch ?? (async (input, init) => fetch(input, init))
  const credentials = createClientCredentials(client.authentication, { clock })
  return {
    origin,
    basePath,
    redirectUri: `${origin}${basePath}/callback`,
    issuer,
    clientId: client.id,
    clientCredentials: {
      ...credentials,
      mutualTlsFetch: observeFetch(credentials.mutualTlsFetch, telemetry),
    },
    loginScopes: parseScope(scope),
    resources: new Map(Object.entries(resources)),
    claims,
    mode,
    proofOfPossession,
    keyContinuity,
    live: parseLive(options.live),
    telemetry,
    rateLimits: parseRateLimits(options.rateLimits),
    clock,
    fetch: observeFetch(plainFetch, telemetry),
    onEvent: createEventSink(options.onEvent, telemetry),
  }
}

function assertThat(condition: boolean, sentence: string): asserts condition {
  if (!condition) throw new TypeError(sentence)
}

function assertOrigin(origin: unknown): void {
  assertThat(
    isText(origin) && URL.canParse(origin) && new URL(origin).origin === origin,
    'origin must be the public origin of the application, like https://app.example',
  )
  assertThat(isSafeUrl(origin), 'origin must be https; http is for loopback only')
}

function assertIssuer(issuer: unknown): void {
  assertThat(
    isText(issuer) && URL.canParse(issuer) && !/[?#]/.test(issuer),
    'issuer must be the issuer URL of the authorization server, like https://as.example',
  )
  assertThat(isSafeUrl(issuer), 'issuer must be https; http is for loopback only')
}

function assertResources(resources: unknown): void {
  const sentence =
    "resources must name at least one resource and its scopes, like { 'https://api.example': ['read'] }"
  assertThat(typeof resources === 'object' && resources !== null, sentence)
  const entries: (readonly [string, unknown])[] = Object.entries(resources)
  assertThat(entries.length > 0, sentence)
  for (const [resource, scopes] of entries) {
    assertThat(
      URL.canParse(resource) && !resource.includes('#'),
      'resources must be named by absolute URIs without a fragment',
    )
    assertThat(
      Array.isArray(scopes) &&
        scopes.every((name) => isText(name) && SCOPE_TOKENS.test(name) && !name.includes(' ')),
      sentence,
    )
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
