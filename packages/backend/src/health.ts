import { checkAuthorizationServer } from './check-authorization-server.js'
import { AuthorizationServerError } from './oauth/authorization-server-error.js'
import type { BackendOptions } from './options.js'
import { parseOptions } from './settings.js'
import { withinSeconds } from './within-seconds.js'

/** What the backend needs, and whether it is there. Nothing secret, and no address. */
export interface HealthReport {
  /** `unavailable`: nobody is served. `degraded`: who is signed in stays so, others cannot sign in. */
  readonly status: 'degraded' | 'ok' | 'unavailable'
  /** Where sessions are stored; `none` where they live in cookies. */
  readonly store: 'none' | 'ok' | 'unavailable'
  readonly authorization_server: 'misconfigured' | 'ok' | 'unavailable'
}

const DEADLINE_SECONDS = 3

/** However often it is asked, the store and the authorization server are asked no more than this. */
const REPORT_LIFETIME_SECONDS = 10

/**
 * Creates a check for a load balancer or a dashboard.
 *
 * Does not say whether the client is known to the authorization server. Do not restart a process
 * because of it: what is down is elsewhere, and a restart would drop what the process remembers.
 *
 * @param options The same that `createBackend` gets.
 * @returns a function that never rejects; anybody may call it, as often as they like.
 * @throws {TypeError} for options that cannot work.
 */
export function createHealthCheck(options: BackendOptions): () => Promise<HealthReport> {
  // A check is nobody's event, and no span.
  const quiet: BackendOptions = { ...options, onEvent: () => undefined }
  delete (quiet as { telemetry?: unknown }).telemetry
  const { clock } = parseOptions(quiet)
  const sessions = options.sessions.create({ clock, onEvent: () => undefined })
  let known: { readonly report: Promise<HealthReport>; readonly at: number } | undefined

  const check = async (): Promise<HealthReport> => {
    const [store, server] = await Promise.all([
      stateOf(sessions.backchannel?.wasSeen('tmb-kit health')),
      stateOf(checkAuthorizationServer(quiet)),
    ])
    if (store === 'unavailable' || store === 'misconfigured') {
      return { status: 'unavailable', store: 'unavailable', authorization_server: server }
    }
    const status = server === 'ok' ? 'ok' : 'degraded'
    const home = sessions.backchannel === undefined ? 'none' : store
    return { status, store: home, authorization_server: server }
  }

  return async () => {
    const now = clock()
    if (known === undefined || now - known.at >= REPORT_LIFETIME_SECONDS) {
      known = { report: check(), at: now }
    }
    return known.report
  }
}

async function stateOf(
  call: Promise<unknown> | undefined,
): Promise<HealthReport['authorization_server']> {
  if (call === undefined) return 'ok'

  const answered = call.then(
    () => 'ok' as const,
    (error: unknown) =>
      error instanceof AuthorizationServerError && error.code !== 'unavailable'
        ? 'misconfigured'
        : 'unavailable',
  )
  return (await withinSeconds(DEADLINE_SECONDS, answered)) ?? 'unavailable'
}
