export type { AccessTokenNeed, AccessTokenSource } from './access-token-source.js'
export type { ClientAuthentication } from './client-authentication.js'
export {
  createService,
  type Service,
  type ServiceOptions,
  type ServiceRequestInit,
} from './create-service.js'
export type { ExchangedToken } from './exchanged-token.js'
export { http2Transport } from './http2-transport.js'
export { httpsTransport } from './https-transport.js'
export { ServiceError, type ServiceErrorCode } from './service-error.js'
export type { ServiceEvent } from './service-event.js'
export {
  createSessionProver,
  type ProvenRequest,
  type SessionConfirmation,
  type SessionProver,
  type SessionProverOptions,
} from './session-prover.js'
export {
  createTokenExchange,
  type ExchangeRequest,
  type TokenExchange,
  type TokenExchangeOptions,
  type VerifiedContext,
} from './token-exchange.js'
export type { Answer, Connection, OutgoingRequest, Transport } from './transport.js'
