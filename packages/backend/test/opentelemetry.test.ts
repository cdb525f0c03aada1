import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { context, SpanStatusCode } from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter } from '@opentelemetry/sdk-metrics'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base'
import { memorySessionStore, storedSessions, type BackendOptions } from '@tmb-kit/backend'
import { openTelemetry } from '@tmb-kit/backend/opentelemetry'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_SECRET, deploy, SECRET, type Deployment } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'
import { startLogin } from './support/login.js'

const HOUR_MILLISECONDS = 3_600_000

/** OpenTelemetry's own SDK, keeping everything in memory. */
function collect() {
  const spanExporter = new InMemorySpanExporter()
  const metricExporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({
    exporter: metricExporter,
    exportIntervalMillis: HOUR_MILLISECONDS,
  })
  const tracerProvider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(spanExporter)],
  })
  const meterProvider = new MeterProvider({ readers: [reader] })
  return {
    telemetry: openTelemetry({ tracerProvider, meterProvider }),
    spans: () => spanExporter.getFinishedSpans(),
    metrics: async () => {
      await reader.forceFlush()
      return metricExporter.getMetrics()
    },
  }
}

async function deployObserved(changes: Partial<BackendOptions> = {}) {
  const collected = collect()
  const deployment = await deploy({ telemetry: collected.telemetry, ...changes })
  /** The labels and the value of every point of a metric. */
  const pointsOf = async (name: string) =>
    (await collected.metrics())
      .at(-1)
      ?.scopeMetrics.flatMap(({ metrics }) => metrics)
      .filter(({ descriptor }) => descriptor.name === name)
      .flatMap(({ dataPoints }) => dataPoints.map(({ attributes, value }) => [attributes, value]))
  return { ...deployment, ...collected, pointsOf }
}

/** A whole life of a session, with all that can go wrong on the way. */
async function live(deployment: Deployment): Promise<void> {
  const { browser, clock, jkt, server, signIn, token } = deployment
  await browser.get('/bff/session?canary-query')
  await browser.get('/bff/canary-path')
  await browser.post('/bff/login', { jkt: 'canary-jkt' })
  await browser.post('/bff/login', { jkt }, { Origin: 'https://canary-origin.example' })
  const denied = await startLogin(deployment, { login_hint: 'canary-hint' })
  await browser.navigate(server.authorize(denied, { error: 'access_denied', code: undefined }))
  await browser.navigate('/bff/callback?code=canary-code&state=canary-state')
  server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
  await signIn()
  server.behaviour.tokenAnswer = (answer) => answer
  await signIn()
  await signIn()
  await token()
  await token({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
  clock.advance(290)
  await token()
  server.behaviour.answer['/token'] = async () =>
    Response.json({ error: 'canary-word', error_description: 'canary-text' }, { status: 400 })
  await token({ refresh: true })
  server.behaviour.answer['/token'] = async () => {
    throw new TypeError('canary-in-a-fetch-error')
  }
  await token({ refresh: true })
  server.behaviour.answer = {}
  await browser.post('/bff/logout', {})
  await signIn()
  server.endGrants()
  await token({ refresh: true })
}

describe('OpenTelemetry', () => {
  const contextManager = new AsyncLocalStorageContextManager()
  beforeAll(() => context.setGlobalContextManager(contextManager.enable()))
  afterAll(() => context.disable())

  it('a request has a span, and its calls to the authorization server are below it', async () => {
    const { signIn, spans } = await deployObserved()
    await signIn()
    const callback = spans().find(({ name }) => name === 'tmb callback')
    expect(callback?.attributes).toEqual({
      'tmb.endpoint': 'callback',
      'http.request.method': 'GET',
      'http.response.status_code': 303,
    })
    const calls = spans().filter(({ attributes }) => attributes['server.address'] !== undefined)
    expect(calls.map(({ name }) => name)).toEqual([
      'GET /.well-known/openid-configuration',
      'POST /par',
      'POST /token',
      'GET /jwks',
    ])
    const below = calls.filter(
      ({ parentSpanContext }) => parentSpanContext?.spanId === callback?.spanContext().spanId,
    )
    expect(below.map(({ name }) => name)).toEqual(['POST /token', 'GET /jwks'])
    expect(below[0]?.attributes).toEqual({
      'http.request.method': 'POST',
      'server.address': new URL(ISSUER).host,
      'url.path': '/token',
      'http.response.status_code': 200,
    })
  })

  it('a refusal is no failure of the server, an outage is', async () => {
    const { server, signIn, spans, token } = await deployObserved()
    await token()
    await signIn()
    server.behaviour.answer['/token'] = async () => new Response('', { status: 500 })
    await token({ refresh: true })
    const [refused, failed] = spans().filter(({ name }) => name === 'tmb token')
    expect(refused).toMatchObject({
      status: { code: SpanStatusCode.UNSET },
      attributes: { 'http.response.status_code': 401, 'error.type': 'no_session' },
    })
    expect(failed).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'http.response.status_code': 503, 'error.type': 'as_unavailable' },
    })
    expect(spans().findLast(({ name }) => name === 'POST /token')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'http.response.status_code': 500 },
    })
  })

  it('counts sign-ins, refreshes, refusals and ends of sessions, each by its closed set of words', async () => {
    const deployment = await deployObserved()
    await live(deployment)
    const { pointsOf } = deployment
    expect(await pointsOf('tmb.backend.logins')).toEqual(
      expect.arrayContaining([
        [{ 'tmb.outcome': 'started', 'tmb.reauthentication': false }, 5],
        [{ 'tmb.outcome': 'completed' }, 3],
        [{ 'tmb.outcome': 'failed', 'error.type': 'access_denied' }, 1],
        [{ 'tmb.outcome': 'failed', 'error.type': 'binding_not_applied' }, 1],
        [{ 'tmb.outcome': 'refused', 'error.type': 'no_transaction' }, 1],
      ]),
    )
    expect(await pointsOf('tmb.backend.sessions.started')).toEqual([[{}, 3]])
    expect(await pointsOf('tmb.backend.sessions.ended')).toEqual([
      [{ 'tmb.reason': 'new_login' }, 1],
      [{ 'tmb.reason': 'logout' }, 1],
      [{ 'tmb.reason': 'grant_ended' }, 1],
    ])
    expect(await pointsOf('tmb.backend.refreshes')).toEqual([
      [{ 'tmb.resource': 'https://api.test' }, 1],
    ])
    expect(await pointsOf('tmb.backend.refusals')).toEqual(
      expect.arrayContaining([
        [{ 'tmb.endpoint': 'token', 'error.type': 'key_mismatch' }, 1],
        [{ 'tmb.endpoint': 'token', 'error.type': 'login_required' }, 1],
        [{ 'tmb.endpoint': 'login', 'error.type': 'csrf_rejected' }, 1],
        [{ 'tmb.endpoint': 'other', 'error.type': 'not_found' }, 1],
      ]),
    )
    expect(await pointsOf('tmb.backend.failures')).toEqual(
      expect.arrayContaining([
        [{ 'tmb.kind': 'authorization_server_failed', 'error.type': 'unavailable' }, 1],
        [{ 'tmb.kind': 'binding_not_applied', 'error.type': 'token_type' }, 1],
        [{ 'tmb.kind': 'key_mismatch' }, 1],
      ]),
    )
    const names = ['tmb.backend.request.duration', 'tmb.backend.authorization_server.duration']
    for (const name of names) expect((await pointsOf(name))?.length).toBeGreaterThan(3)
  })

  it.each(['cookies', 'a store'] as const)(
    'CC-21: no secret, no user, no key and no address with its query is in a span, a metric, an event or a header (%s)',
    async (home) => {
      const store = memorySessionStore()
      const stored = { sessions: storedSessions({ store, secrets: [SECRET] }) }
      const deployment = await deployObserved(home === 'cookies' ? {} : stored)
      await live(deployment)
      const { browser, events, jkt, metrics, server, spans } = deployment
      const cookies = browser.answers
        .flatMap(({ response }) => response.headers.getSetCookie())
        .map((cookie) => /=([^;]+)/.exec(cookie)?.[1] ?? '')
        .filter((value) => value.length > 8)
      const secrets = [...server.secrets].filter((value) => value.length > 8)
      expect(secrets.length).toBeGreaterThan(15)
      expect(cookies.length).toBeGreaterThan(8)

      const telemetry = JSON.stringify([spans().map(readableSpan), await metrics()])
      const headers = browser.answers.map(({ response }) =>
        [...response.headers].filter(([name]) => name !== 'set-cookie'),
      )
      const never = [...secrets, ...cookies, SECRET, CLIENT_SECRET, 'canary']
      const leaked = (texts: string, values: readonly string[]) =>
        values.filter((value) => texts.includes(value))
      const names = events.flatMap((event) => ('session' in event ? [event.session] : []))
      expect(names.length).toBeGreaterThan(3)
      expect(leaked(telemetry, [...never, jkt, 'user-1', 'Alice', ...names])).toEqual([])
      expect(leaked(JSON.stringify(headers), never)).toEqual([])
      // The one word that the authorization server may choose goes to the operator's events.
      const told = JSON.stringify(events).replaceAll('canary-word', '')
      expect(leaked(told, never)).toEqual([])
      expect(telemetry).toContain('tmb token')
    },
  )

  it('an SDK that fails costs no request', async () => {
    const { browser } = await deploy({
      telemetry: {
        request: async (_request, run) => run(),
        call: async (_call, run) => run(),
        event: () => {
          throw new Error('no exporter')
        },
      },
    })
    const { status } = await browser.get('/bff/session', { Origin: 'https://elsewhere.example' })
    expect(status).toBe(403)
  })

  it('without an SDK nothing is recorded, and everything works', async () => {
    const { signIn, token } = await deploy({ telemetry: openTelemetry() })
    await signIn()
    expect((await token()).status).toBe(200)
  })

  it('what is no telemetry is a mistake that is said at once', async () => {
    const telemetry = {} as BackendOptions['telemetry'] & object
    await expect(deploy({ telemetry })).rejects.toThrow('telemetry must be')
  })
})

/** What an exporter would send. */
function readableSpan(span: ReturnType<InMemorySpanExporter['getFinishedSpans']>[number]) {
  const { name, attributes, events, links, status } = span
  return { name, attributes, events, links, status }
}
