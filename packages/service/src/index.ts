export { createService, type Service, type ServiceOptions } from './create-service.js'
export type { AccessTokenNeed, AccessTokenSource } from './access-token-source.js'
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
export type { Answer, Connection, OutgoingRequest, Transport } from './transport.js'
