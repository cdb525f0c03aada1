import type { BindingMode, KeyContinuity, ProofOfPossession } from '@tmb-kit/backend'
import { readClientAuthentication, type ClientAuthentication } from './client-authentication.js'
import {
  parseClaims,
  parseIssuer,
  parseOneOf,
  parseOrigin,
  parseOrigins,
  parsePort,
  parseResources,
  parseScope,
  parseSecrets,
  parseStoreUrl,
  parseText,
  type Resources,
} from './parse-values.js'
import { optional, required, textOf, valuesOf, type Environment, type Reading } from './reading.js'

/** Everything that differs from one deployment to the next. README.md has the table of variables. */
export interface Configuration {
  readonly port: number
  /** The interface to listen on. `undefined`: every one. */
  readonly host: string | undefined
  /** The origin that browsers see, whatever stands in front of this server. */
  readonly origin: string
  readonly issuer: string
  readonly client: { readonly id: string; readonly authentication: ClientAuthentication }
  /** What a login asks for. */
  readonly scope: string
  /** What the page may ask tokens for. */
  readonly resources: Resources
  /** The newest first: it seals, the others only open. */
  readonly sessionSecrets: readonly string[]
  /** The ID-token claims that the page may see. */
  readonly claims: readonly string[]
  /** The folder of the built pages. */
  readonly spaDirectory: string
  /** Where the pages may send requests to, beside their own origin. */
  readonly apiOrigins: readonly string[]
  readonly keyContinuity: KeyContinuity
  /** Whether every call of the page must carry a proof made for the backend itself. */
  readonly proofOfPossession: ProofOfPossession
  /** `undefined`: as the metadata of the authorization server says. */
  readonly mode: BindingMode | undefined
  /** Where sessions are stored, by one of the two. Neither: in cookies. */
  readonly redisUrl: string | undefined
  readonly postgresUrl: string | undefined
}

const KEY_CONTINUITIES: readonly KeyContinuity[] = ['interactive', 'first-use', 'off']
const PROOFS_OF_POSSESSION: readonly ProofOfPossession[] = ['off', 'required']
const MODES: readonly BindingMode[] = ['tmb', 'handoff']

/**
 * Reads the configuration from the environment.
 *
 * Does not check: that the authorization server answers, that the folder of the pages exists.
 *
 * @throws {@link ConfigurationError} with one sentence for each mistake, and no value in any.
 */
export function readConfiguration(env: Environment): Configuration {
  const read = valuesOf({
    port: optional(env, 'PORT', parsePort),
    host: optional(env, 'HOST', parseText),
    origin: optional(env, 'ORIGIN', parseOrigin),
    issuer: required(env, 'ISSUER', 'the URL of your authorization server', parseIssuer),
    clientId: required(env, 'CLIENT_ID', 'what your authorization server calls you', parseText),
    authentication: readClientAuthentication(env),
    scope: optional(env, 'SCOPE', parseScope),
    resources: required(
      env,
      'RESOURCES',
      'JSON such as {"https://api.example": ["orders.read"]}',
      parseResources,
    ),
    sessionSecrets: required(
      env,
      'SESSION_SECRETS',
      'at least one random secret of 32 bytes or more',
      parseSecrets,
    ),
    claims: optional(env, 'CLAIMS', parseClaims),
    spaDirectory: optional(env, 'SPA_DIR', parseText),
    apiOrigins: optional(env, 'API_ORIGINS', parseOrigins),
    keyContinuity: optional(env, 'KEY_CONTINUITY', parseOneOf(KEY_CONTINUITIES)),
    proofOfPossession: optional(env, 'PROOF_OF_POSSESSION', parseOneOf(PROOFS_OF_POSSESSION)),
    mode: optional(env, 'MODE', parseOneOf(MODES)),
    redisUrl: optional(env, 'REDIS_URL', parseStoreUrl('redis', 'rediss')),
    postgresUrl: optional(env, 'POSTGRES_URL', parseStoreUrl('postgres', 'postgresql')),
    oneStore: atMostOneStore(env),
  })
  const { port = 4000, clientId, authentication, resources } = read

  return {
    port,
    host: read.host,
    origin: read.origin ?? `http://localhost:${port}`,
    issuer: read.issuer,
    client: { id: clientId, authentication },
    scope: read.scope ?? everyScopeOf(resources),
    resources,
    sessionSecrets: read.sessionSecrets,
    claims: read.claims ?? ['sub', 'name'],
    spaDirectory: read.spaDirectory ?? 'public',
    apiOrigins: read.apiOrigins ?? originsOf(resources),
    keyContinuity: read.keyContinuity ?? 'interactive',
    proofOfPossession: read.proofOfPossession ?? 'off',
    mode: read.mode,
    redisUrl: read.redisUrl,
    postgresUrl: read.postgresUrl,
  }
}

function atMostOneStore(env: Environment): Reading<undefined> {
  const both = ['REDIS_URL', 'POSTGRES_URL'].every((name) => textOf(env, name) !== undefined)
  return both
    ? { mistake: 'REDIS_URL and POSTGRES_URL are both set: sessions live in one place, choose it.' }
    : { value: undefined }
}

function everyScopeOf(resources: Resources): string {
  return [...new Set(['openid', 'offline_access', ...Object.values(resources).flat()])].join(' ')
}

function originsOf(resources: Resources): readonly string[] {
  const origins = Object.keys(resources).map((resource) => new URL(resource).origin)
  return [...new Set(origins)].filter((origin) => origin !== 'null')
}
