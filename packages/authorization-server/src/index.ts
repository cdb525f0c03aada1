export type { CertificateThumbprint, Confirmation, ConfirmationMethod } from './confirmation.js'
export { KEY_BINDING_REFUSALS, KeyBindingError, type KeyBindingErrorCode } from './errors.js'
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
export { KeyBindingProvider, type KeyBindingOptions } from './provider.js'
export { decodeTmb, encodeTmb } from './tmb-parameter.js'
