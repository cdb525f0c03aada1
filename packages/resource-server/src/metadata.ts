import type { ChallengeParameter } from './challenge.js'
import type { ConfirmationMethod } from './confirmation.js'
import type { VerifierSettings } from './settings.js'

/** RFC 9728 section 2. */
export interface ProtectedResourceMetadata {
  readonly resource: string
  readonly authorization_servers: readonly string[]
  readonly bearer_methods_supported: readonly ['header']
  readonly dpop_signing_alg_values_supported: readonly string[]
  readonly dpop_bound_access_tokens_required: boolean
  readonly tls_client_certificate_bound_access_tokens: boolean
}

const WELL_KNOWN = '/.well-known/oauth-protected-resource'

const HINTS: Readonly<Record<ConfirmationMethod, string>> = {
  jkt: 'dpop',
  'x5t#S256': 'mtls',
  tls_exp: 'tls_exp',
}

/** RFC 9728 section 3.1: the path of the metadata, for a resource with a path of its own or without. */
export function metadataPathOf(resource: string): string {
  const { pathname } = new URL(resource)
  return `${WELL_KNOWN}${pathname === '/' ? '' : pathname}`
}

export function createMetadata(settings: VerifierSettings): ProtectedResourceMetadata {
  const { resource, origins, issuers, algorithms, enforce, allowBearer } = settings
  const takesCertificates = enforce.includes('x5t#S256')
  return Object.freeze({
    resource: resource ?? origins[0] ?? '',
    authorization_servers: issuers.map(({ issuer }) => issuer),
    bearer_methods_supported: ['header'] as const,
    dpop_signing_alg_values_supported: algorithms,
    // A token that is bound to a certificate alone comes as Bearer, RFC 8705.
    dpop_bound_access_tokens_required: !allowBearer && !takesCertificates,
    tls_client_certificate_bound_access_tokens: takesCertificates,
  })
}

/** What every challenge tells beside the refusal; and what one tells that is about a method. */
export function hintsOf(settings: VerifierSettings): {
  readonly hints: readonly ChallengeParameter[]
  readonly confirmationHints: readonly ChallengeParameter[]
} {
  return {
    hints: listHints(settings),
    confirmationHints: listHints({ ...settings, hintConfirmationMethods: true }),
  }
}

function listHints(settings: VerifierSettings): readonly ChallengeParameter[] {
  const { resource, hintConfirmationMethods, enforce } = settings
  const methods = enforce.map((method) => HINTS[method]).join(' ')
  return [
    ...(hintConfirmationMethods ? ([['supported_cnf_methods', methods]] as const) : []),
    ...(resource === undefined ? [] : ([['resource_metadata', metadataUrlOf(resource)]] as const)),
  ]
}

function metadataUrlOf(resource: string): string {
  return `${new URL(resource).origin}${metadataPathOf(resource)}`
}
