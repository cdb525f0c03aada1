import type { Clock } from '@tmb-kit/core'
import type { EventSink } from './events.js'
import type { LiveOptions } from './live/live-options.js'
import type { KeyContinuity } from './login/key-continuity.js'
import type { ClientAuthentication } from './oauth/client-authentication.js'
import type { BindingMode } from './oauth/key-binding.js'
import type { RateLimitOptions } from './rate-limit/rate-limit-options.js'
import type { SessionStrategy } from './session/sessions.js'
import type { Telemetry } from './telemetry/telemetry.js'

/** Whether session, login and token calls must carry a proof made for the backend. */
export type ProofOfPossession = 'off' | 'required'

/** Everything that a deployment decides. Checked once, at construction. */
export interface BackendOptions {
  /**
   * The application's public origin, as the browser sees it: `https://app.example`. `Host` and
   * `X-Forwarded-*` are never believed. http is for loopback only.
   */
  readonly origin: string
  /** Where the backend is mounted. Default: `/bff`. */
  readonly basePath?: string
  /** The authorization server's issuer identifier, exactly as in its metadata. */
  readonly issuer: string
  readonly client: {
    readonly id: string
    readonly authentication: ClientAuthentication
  }
  /** What a login asks for, space-delimited. Must hold `openid`. */
  readonly scope: string
  /** The resources that the page may ask tokens for, each with the scopes that it may ask for. */
  readonly resources: Readonly<Record<string, readonly string[]>>
  /** The ID-token claims that the page may see. Default: `['sub']`. */
  readonly claims?: readonly string[]
  readonly sessions: SessionStrategy
  /** How tokens are bound. Default: what the metadata of the authorization server offers. */
  readonly mode?: BindingMode
  /**
   * Whether the page must prove to the backend, too, that it has the key: then a stolen cookie gets
   * nothing, not even the user's name. Logout needs no proof. Default: `'off'`.
   */
  readonly proofOfPossession?: ProofOfPossession
  /** When a key that this browser did not use before needs the user's attention. */
  readonly keyContinuity?: KeyContinuity
  /**
   * Answers 429 `slow_down` to who asks too often. `{}` limits each session; limits of an address need
   * to be told where an address is to be found. Default: nothing is limited.
   */
  readonly rateLimits?: RateLimitOptions
  /** How open pages are told that their session has ended: `GET events`. */
  readonly live?: LiveOptions
  /** Watches from inside: `openTelemetry()` of `@tmb-kit/backend/opentelemetry`. */
  readonly telemetry?: Telemetry
  readonly clock?: Clock
  readonly fetch?: typeof fetch
  readonly onEvent?: EventSink
}
