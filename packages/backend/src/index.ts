export { checkAuthorizationServer } from './check-authorization-server.js'
export { createBackend } from './create-backend.js'
export { REFUSALS, RefusalError, type RefusalCode, type RefusalDetails } from './errors.js'
export type {
  BackendEvent,
  CallbackRefusal,
  EventSink,
  SessionEndReason,
  UnboundReason,
} from './events.js'
export { createHealthCheck, type HealthReport } from './health.js'
export type { LiveOptions } from './live/live-options.js'
export type { SessionNews } from './live/session-news.js'
export type { KeyContinuity } from './login/key-continuity.js'
export {
  AuthorizationServerError,
  type AuthorizationServerErrorCode,
} from './oauth/authorization-server-error.js'
export type { ClientAuthentication } from './oauth/client-authentication.js'
export type { ClientAuthKey, PrivateJwk } from './oauth/client-keys.js'
export type { BindingMode } from './oauth/key-binding.js'
export type { ClientCertificate } from './oauth/mutual-tls.js'
export type { BackendOptions, ProofOfPossession } from './options.js'
export {
  memoryRateCounter,
  type MemoryRateCounterOptions,
} from './rate-limit/memory-rate-counter.js'
export type { RateCount, RateCounter } from './rate-limit/rate-counter.js'
export type {
  LimitedByAddress,
  RateLimit,
  RateLimitOptions,
} from './rate-limit/rate-limit-options.js'
export type {
  ObservedAnswer,
  ObservedCall,
  ObservedRequest,
  Telemetry,
} from './telemetry/telemetry.js'
export { cookieSessions, type CookieSessionsOptions } from './session/cookie-sessions.js'
export {
  memorySessionStore,
  type MemorySessionStoreOptions,
} from './session/memory-session-store.js'
export type { SessionRow, SessionStore } from './session/session-store.js'
export type { SessionSelector, SessionStrategy } from './session/sessions.js'
export {
  storedSessions,
  type StoredSessions,
  type StoredSessionsOptions,
} from './session/stored-sessions.js'
