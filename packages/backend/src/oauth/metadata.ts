import { isJsonObject, type JsonObject, type ProofAlgorithm } from '@tmb-kit/core'
import { isSafeUrl } from '../safe-url.js'
import { AuthorizationServerError } from './authorization-server-error.js'
import { chooseMode, proofAlgorithmsOf, type BindingMode } from './key-binding.js'

/** What the backend uses of the authorization server's metadata, RFC 8414. */
export interface AuthorizationServerMetadata {
  readonly issuer: string
  readonly authorization_endpoint: string
  readonly token_endpoint: string
  readonly jwks_uri: string
  readonly pushed_authorization_request_endpoint?: string
  readonly revocation_endpoint?: string
  readonly end_session_endpoint?: string
  readonly authorization_response_iss_parameter_supported: boolean
  readonly id_token_signing_alg_values_supported: readonly string[]
  /** How it binds tokens to a key. */
  readonly mode: BindingMode
  /** The proofs that it takes, and we can check. */
  readonly proofAlgorithms: readonly ProofAlgorithm[]
}

export interface ParseMetadataOptions {
  /** The issuer of the configuration. */
  readonly issuer: string
  /** The mode of the configuration, when it fixes one. */
  readonly mode: BindingMode | undefined
  /** Whether the client authenticates by TLS: then its calls go to the endpoints made for that. */
  readonly usesMutualTls: boolean
}

const REQUIRED_ENDPOINTS = ['authorization_endpoint', 'token_endpoint', 'jwks_uri'] as const
const OPTIONAL_ENDPOINTS = [
  'pushed_authorization_request_endpoint',
  'revocation_endpoint',
  'end_session_endpoint',
] as const

/** Where the client authenticates. With a certificate it needs TLS: http on loopback has none. */
const CLIENT_ENDPOINTS: readonly string[] = [
  'token_endpoint',
  'pushed_authorization_request_endpoint',
  'revocation_endpoint',
]

/** RFC 7518 and RFC 8037: asymmetric only. With `HS256` our own secret would sign for the server. */
const ID_TOKEN_ALGORITHMS: readonly string[] = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
  'Ed25519',
  'EdDSA',
]

/**
 * Checks the metadata and takes from it what is used. Unknown members are ignored, and what is not
 * said is not supported.
 *
 * @throws {AuthorizationServerError} `issuer_mismatch`, `metadata_invalid`, `pkce_unsupported`,
 *   `binding_unsupported`
 * @see https://www.rfc-editor.org/rfc/rfc8414#section-3.3
 * @see https://www.rfc-editor.org/rfc/rfc8705#section-5
 */
export function parseMetadata(
  json: JsonObject,
  { issuer, mode: fixedMode, usesMutualTls }: ParseMetadataOptions,
): AuthorizationServerMetadata {
  if (json['issuer'] !== issuer) throw new AuthorizationServerError('issuer_mismatch')
  if (!listOf(json['code_challenge_methods_supported']).includes('S256')) {
    throw new AuthorizationServerError('pkce_unsupported')
  }
  const mode = fixedMode ?? chooseMode(json)
  if (mode === undefined) throw new AuthorizationServerError('binding_unsupported')

  const announced = proofAlgorithmsOf(json)
  // RFC 9449 lets a server leave its list out; ES256 is what the page makes.
  const proofAlgorithms: readonly ProofAlgorithm[] = announced.length > 0 ? announced : ['ES256']
  const endpoints = usesMutualTls ? withMutualTlsAliases(json) : json
  const required = REQUIRED_ENDPOINTS.map((name) => [name, endpointOf(endpoints[name])] as const)
  const optional = OPTIONAL_ENDPOINTS.filter((name) => endpoints[name] !== undefined).map(
    (name) => [name, endpointOf(endpoints[name])] as const,
  )
  const offered = listOf(json['id_token_signing_alg_values_supported'] ?? ['RS256'])
  return {
    ...(Object.fromEntries([...required, ...optional]) as Pick<
      AuthorizationServerMetadata,
      (typeof REQUIRED_ENDPOINTS)[number] | (typeof OPTIONAL_ENDPOINTS)[number]
    >),
    issuer,
    authorization_response_iss_parameter_supported:
      json['authorization_response_iss_parameter_supported'] === true,
    id_token_signing_alg_values_supported: ID_TOKEN_ALGORITHMS.filter((algorithm) =>
      offered.includes(algorithm),
    ),
    mode,
    proofAlgorithms,
  }
}

/** RFC 8705 section 5: where there is an alias, a client that uses a certificate calls that. */
function withMutualTlsAliases(json: JsonObject): JsonObject {
  const { mtls_endpoint_aliases: given } = json
  const aliases = isJsonObject(given) ? given : {}
  const used = CLIENT_ENDPOINTS.map((name) => [name, aliases[name] ?? json[name]] as const)
  for (const [, endpoint] of used) {
    if (typeof endpoint === 'string' && !endpoint.startsWith('https:')) {
      throw new AuthorizationServerError('metadata_invalid')
    }
  }
  return { ...json, ...Object.fromEntries(used) }
}

function endpointOf(value: unknown): string {
  if (typeof value === 'string' && isSafeUrl(value)) return value
  throw new AuthorizationServerError('metadata_invalid')
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}
