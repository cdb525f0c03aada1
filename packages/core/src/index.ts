export { parseBase64url, parseBase64urlText } from './base64url.js'
export type { Branded } from './branded.js'
export { systemClock, type Clock } from './clock.js'
export { equalInConstantTime } from './constant-time.js'
export { encodeBase64url, encodeBase64urlText } from './encode-base64url.js'
export { computeJkt, parseJkt, type Jkt } from './jkt.js'
export { isJsonObject, parseJsonObject, type JsonObject } from './json-object.js'
export { assertKnownOptions } from './known-options.js'
export { hmacNonceSource, type HmacNonceSourceOptions, type NonceSource } from './nonce-source.js'
export {
  createProof,
  createProofSigner,
  type CreateProofOptions,
  type ProofRequest,
  type ProofSigner,
} from './proof/create-proof.js'
export { parseProof, type DpopProofClaims, type ParsedProof } from './proof/parse-proof.js'
export { parseProofAlgorithm, type ProofAlgorithm } from './proof/proof-algorithm.js'
export {
  PROOF_REFUSALS,
  ProofError,
  type ProofErrorCode,
  type ProofRefusal,
} from './proof/proof-error.js'
export type { ProofJwk } from './proof/proof-jwk.js'
export type { ProofKey } from './proof/proof-key.js'
export {
  judgeProof,
  verifyParsedProof,
  verifyProof,
  type JudgeProofOptions,
  proofExpiry,
  type ProofPolicy,
  type VerifiedProof,
  type VerifyProofOptions,
} from './proof/verify-proof.js'
export {
  claimAtOnce,
  memoryReplayStore,
  ReplayStoreFullError,
  type MemoryReplayStoreOptions,
  type ReplayStore,
} from './replay-store.js'
export { unfollowedRedirects } from './redirects.js'
export { computeSha256 } from './sha256.js'
export { isPromise, type Soon } from './soon.js'
export { originOf, parseTargetUri, type TargetUri } from './target-uri.js'
export { computeTokenHash } from './token-hash.js'
export { pauseTraces, resumeTraces } from './trace.js'
export { verificationKeyOf } from '#platform'
export type { VerificationKey } from './verification-key.js'
export {
  CONFIRMATION_CLAIM,
  CSRF_HEADER,
  CSRF_HEADER_VALUE,
  DPOP_HEADER,
  DPOP_JKT_PARAMETER,
  DPOP_NONCE_HEADER,
  DPOP_PROOF_TYPE,
  DPOP_SCHEME,
  INVALID_DPOP_PROOF,
  INVALID_SESSION_PROOF,
  INVALID_TOKEN,
  SESSION_BINDING_PROOF_HEADER,
  SESSION_BINDING_PROOF_TYPE,
  TLS_EXPORTER_LABEL,
  TLS_EXPORTER_OCTETS,
  TMB_CONFIRMATION_METHODS_SUPPORTED,
  TMB_GRANT_TYPES_SUPPORTED,
  TMB_PARAMETER,
  TMB_SUPPORTED,
  TOKEN_ENDPOINT_PROOF,
  USE_DPOP_NONCE,
  USE_SESSION_BINDING,
} from './wire.js'
