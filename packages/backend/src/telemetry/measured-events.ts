import type { Attributes, Meter } from '@opentelemetry/api'
import type { BackendEvent } from '../events.js'

type Labels = {
  readonly [Type in BackendEvent['type']]?: (
    event: Extract<BackendEvent, { readonly type: Type }>,
  ) => Attributes
}

interface Counted {
  readonly metric: string
  readonly description: string
  readonly labels: Labels
}

/**
 * Every metric that counts events, and what its labels say, for review. Whatever else an event holds,
 * a session's name or a word that the authorization server chose, reaches no metric.
 */
const COUNTED: readonly Counted[] = [
  {
    metric: 'tmb.backend.logins',
    description: 'Sign-ins that were started, completed, failed or refused at the callback.',
    labels: {
      login_started: ({ reauthentication }) => ({
        'tmb.outcome': 'started',
        'tmb.reauthentication': reauthentication,
      }),
      login_failed: ({ error }) => ({ 'tmb.outcome': 'failed', 'error.type': error }),
      callback_refused: ({ reason }) => ({ 'tmb.outcome': 'refused', 'error.type': reason }),
      session_started: () => ({ 'tmb.outcome': 'completed' }),
    },
  },
  {
    metric: 'tmb.backend.sessions.started',
    description: 'Sessions that began.',
    labels: { session_started: () => ({}) },
  },
  {
    metric: 'tmb.backend.sessions.ended',
    description: 'Sessions that ended before their time, by reason.',
    labels: { session_ended: ({ reason }) => ({ 'tmb.reason': reason }) },
  },
  {
    metric: 'tmb.backend.refreshes',
    description: 'Access tokens that a refresh brought.',
    labels: { access_token_issued: ({ resource }) => ({ 'tmb.resource': resource }) },
  },
  {
    metric: 'tmb.backend.failures',
    description: 'What an operator should look at, by kind.',
    labels: {
      authorization_server_failed: ({ code }) => ({ 'error.type': code }),
      binding_not_applied: ({ reason }) => ({ 'error.type': reason }),
      rate_limited: ({ endpoint }) => ({ 'tmb.endpoint': endpoint }),
      circuit_opened: () => ({}),
      csrf_rejected: () => ({}),
      internal_error: () => ({}),
      key_mismatch: () => ({}),
      rate_counter_failed: () => ({}),
      revocation_failed: () => ({}),
      session_store_failed: () => ({}),
      session_too_large: () => ({}),
    },
  },
]

export function measureEvents(meter: Meter): (event: BackendEvent) => void {
  const measures = COUNTED.map(({ metric, description, labels }) => ({
    counter: meter.createCounter(metric, { description }),
    isFailure: metric === 'tmb.backend.failures',
    labels,
  }))

  return (event) => {
    for (const { counter, isFailure, labels } of measures) {
      const labelsOf = labels[event.type] as ((event: BackendEvent) => Attributes) | undefined
      const kind = isFailure ? { 'tmb.kind': event.type } : {}
      if (labelsOf !== undefined) counter.add(1, { ...kind, ...labelsOf(event) })
    }
  }
}
