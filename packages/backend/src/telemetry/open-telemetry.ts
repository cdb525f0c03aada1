import {
  metrics,
  SpanKind,
  SpanStatusCode,
  trace,
  type Attributes,
  type MeterProvider,
  type Span,
  type TracerProvider,
} from '@opentelemetry/api'
import { measureEvents } from './measured-events.js'
import type { Telemetry } from './telemetry.js'

export interface OpenTelemetryOptions {
  /** Default: the one that is registered globally when the backend is created. */
  readonly tracerProvider?: TracerProvider
  /** Default: the one that is registered globally when the backend is created. */
  readonly meterProvider?: MeterProvider
}

/** The name of the instrumentation scope. */
const SCOPE = '@tmb-kit/backend'

/** In seconds. Most answers come from memory, and some wait for the authorization server. */
const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

/**
 * Spans for each request and each call to the authorization server, and metrics of both and of what
 * happened to sessions. Labels come from closed sets: no user, session, key, address or query.
 *
 * Does not read or send `traceparent`: an instrumentation of the server around us does the first, and
 * the authorization server is somebody else's.
 */
export function openTelemetry(options: OpenTelemetryOptions = {}): Telemetry {
  const tracer = (options.tracerProvider ?? trace).getTracer(SCOPE)
  const meter = (options.meterProvider ?? metrics).getMeter(SCOPE)
  const durationOf = (name: string, description: string) =>
    meter.createHistogram(name, {
      description,
      unit: 's',
      advice: { explicitBucketBoundaries: BUCKETS },
    })
  const requestDuration = durationOf('tmb.backend.request.duration', 'Answering one request.')
  const callDuration = durationOf(
    'tmb.backend.authorization_server.duration',
    'One call to the authorization server, until its headers are there.',
  )
  const refusals = meter.createCounter('tmb.backend.refusals', {
    description: 'Requests that were refused, by the word of the answer.',
  })
  const measureEvent = measureEvents(meter)

  return {
    request: async ({ endpoint, method }, run) => {
      const attributes = { 'tmb.endpoint': endpoint, 'http.request.method': method }
      const settings = { kind: SpanKind.INTERNAL, attributes }
      return tracer.startActiveSpan(`tmb ${endpoint}`, settings, async (span) => {
        const begun = performance.now()
        try {
          const answer = await run()
          const { status, error } = answer
          const outcome = {
            'http.response.status_code': status,
            ...(error === undefined ? {} : { 'error.type': error }),
          }
          requestDuration.record(secondsSince(begun), { ...attributes, ...outcome })
          if (error !== undefined)
            refusals.add(1, { 'tmb.endpoint': endpoint, 'error.type': error })
          finish(span, outcome, status >= 500)
          return answer
        } finally {
          span.end()
        }
      })
    },

    call: async ({ method, host, path }, run) => {
      const attributes = {
        'http.request.method': method,
        'server.address': host,
        'url.path': path,
      }
      const settings = { kind: SpanKind.CLIENT, attributes }
      return tracer.startActiveSpan(`${method} ${path}`, settings, async (span) => {
        const begun = performance.now()
        const settle = (outcome: Attributes, failed: boolean): void => {
          callDuration.record(secondsSince(begun), { ...attributes, ...outcome })
          finish(span, outcome, failed)
        }
        try {
          const response = await run()
          settle({ 'http.response.status_code': response.status }, response.status >= 500)
          return response
        } catch (error) {
          // Its message may quote an address with a query. Its name cannot.
          settle({ 'error.type': error instanceof Error ? error.name : 'unknown' }, true)
          throw error
        } finally {
          span.end()
        }
      })
    },

    event: measureEvent,
  }
}

function finish(span: Span, outcome: Attributes, failed: boolean): void {
  span.setAttributes(outcome)
  if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
}

function secondsSince(begun: number): number {
  return (performance.now() - begun) / 1000
}
