export {
  hmacNonceSource,
  memoryReplayStore,
  ReplayStoreFullError,
  type Clock,
  type HmacNonceSourceOptions,
  type Jkt,
  type MemoryReplayStoreOptions,
  type NonceSource,
  type ProofAlgorithm,
  type ReplayStore,
} from '@tmb-kit/core'
export {
  AccessTokenError,
  type AccessTokenErrorCode,
  type RefusalResponse,
} from './access-token-error.js'
export type { Confirmation, ConfirmationMethod } from './confirmation.js'
export { createCors, type CorsOptions, type CorsVerdict } from './cors.js'
export { createVerifier, type Verifier } from './create-verifier.js'
export type {
  IntrospectionAuthentication,
  IntrospectionOptions,
} from './introspection/introspection-options.js'
export { metadataPathOf, type ProtectedResourceMetadata } from './metadata.js'
export type { RefusalCode } from './refusal.js'
export type { Requirement } from './requirement.js'
export type { AccessTokenClaims } from './token/access-token-claims.js'
export type { RequestConnection, VerifiableRequest, VerifiedRequest } from './verified-request.js'
export type { VerifierEvent } from './verifier-event.js'
export type { IssuerOptions, JsonWebKeySet, VerifierOptions } from './verifier-options.js'
