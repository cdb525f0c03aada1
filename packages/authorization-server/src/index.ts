export type { CertificateThumbprint, Confirmation, ConfirmationMethod } from './confirmation.js'
export { KEY_BINDING_REFUSALS, KeyBindingError, type KeyBindingErrorCode } from './errors.js'
export type { Entitlement } from './exchange/entitlement.js'
export type { TokenExchangeClient, TokenExchangeOptions } from './exchange/exchange-policy.js'
export type { TokenExchangeErrorCode } from './exchange/exchange-refusals.js'
export type { KeyBindingEvent, KeyBindingEventSink } from './events.js'
export type {
  OidcConfiguration,
  OidcContext,
  OidcInteraction,
  OidcInteractionResult,
  OidcMiddleware,
  OidcProvider,
} from './oidc-provider.js'
export { memoryOneTimeUseStore, type OneTimeUseStore } from './one-time-use.js'
export type { KeyBindingOptions } from './options.js'
export { KeyBindingProvider } from './provider.js'
export type { Refusal } from './refusal.js'
export { decodeTmb, encodeTmb } from './tmb-parameter.js'
export type { TokenEndpointCors } from './token-endpoint-cors.js'
