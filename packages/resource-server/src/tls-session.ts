export {
  sessionBindingServerOptions,
  tlsSessionOf,
  type SessionBindingServerOptions,
} from './tls-session/node-session.js'
export type { SessionRefusalCode } from './tls-session/session-refusals.js'
export type { RequestConnection } from './verified-request.js'
