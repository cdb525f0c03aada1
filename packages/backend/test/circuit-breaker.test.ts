import type { Jkt } from '@tmb-kit/core'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn, startLogin, turns, until } from './support/login.js'
import { createTestBrowser, type TestBrowser } from './support/test-browser.js'

const FAILURES_TO_OPEN = 10
const PAUSE_SECONDS = 5

const DOWN: readonly (readonly [string, () => Promise<Response>])[] = [
  ['500', async () => new Response('', { status: 500 })],
  ['503', async () => new Response('', { status: 503 })],
  ['no answer', async () => Promise.reject(new TypeError('fetch failed'))],
]
const UP: readonly (readonly [string, () => Promise<Response>])[] = [
  ['400', async () => Response.json({ error: 'invalid_request' }, { status: 400 })],
  ['401', async () => Response.json({ error: 'invalid_client' }, { status: 401 })],
  ['404', async () => new Response('', { status: 404 })],
  ['429', async () => new Response('', { status: 429 })],
  ['HTML', async () => new Response('<html>')],
  ['a redirect', async () => Response.redirect('https://evil.test/')],
]

async function fail(
  { token, server }: Deployment,
  times: number,
  answer: () => Promise<Response> = async () => new Response('', { status: 503 }),
): Promise<void> {
  server.behaviour.answer['/token'] = answer
  for (let time = 0; time < times; time += 1) {
    expect((await token({ refresh: true })).status).toBe(503)
  }
}

describe('circuit breaker', () => {
  it.each(DOWN)('opens after ten times %s, and costs nobody a session', async (_name, answer) => {
    const deployment = await deploy()
    const { server, signIn, token, clock, events } = deployment
    await signIn()
    const before = server.formsTo('/token').length
    await fail(deployment, FAILURES_TO_OPEN, answer)
    expect(server.formsTo('/token')).toHaveLength(before + FAILURES_TO_OPEN)
    expect(events).toContainEqual({ type: 'circuit_opened', endpoint: `${ISSUER}/token` })

    const refused = await token({ refresh: true })
    expect(refused.status).toBe(503)
    expect(await refused.json()).toMatchObject({ error: 'as_unavailable' })
    expect(refused.headers.get('Retry-After')).toBe(`${PAUSE_SECONDS}`)
    clock.advance(2)
    expect((await token({ refresh: true })).headers.get('Retry-After')).toBe('3')
    expect(server.formsTo('/token')).toHaveLength(before + FAILURES_TO_OPEN)
    expect(await isSignedIn(deployment)).toBe(true)

    server.behaviour.answer = {}
    clock.advance(PAUSE_SECONDS - 2)
    expect((await token({ refresh: true })).status).toBe(200)
    expect((await token({ refresh: true })).status).toBe(200)
    expect(events.filter(({ type }) => type === 'circuit_closed')).toEqual([
      { type: 'circuit_closed', endpoint: `${ISSUER}/token` },
    ])
  })

  it('a trial that fails keeps it open for another pause', async () => {
    const deployment = await deploy()
    const { server, signIn, token, clock, events } = deployment
    await signIn()
    await fail(deployment, FAILURES_TO_OPEN)
    const calls = () => server.formsTo('/token').length
    const before = calls()
    for (let trial = 1; trial <= 3; trial += 1) {
      clock.advance(PAUSE_SECONDS)
      for (let time = 0; time < 5; time += 1) {
        expect((await token({ refresh: true })).status).toBe(503)
      }
      expect(calls()).toBe(before + trial)
    }
    expect(events.filter(({ type }) => type === 'circuit_opened')).toHaveLength(1)
  })

  it('one call is the trial: the others are refused while it is under way', async () => {
    const deployment = await deploy()
    const { server, signIn, token, clock } = deployment
    await signIn()
    const others = await Promise.all([1, 2, 3].map(async () => signInElsewhere(deployment)))
    await fail(deployment, FAILURES_TO_OPEN)
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    const before = server.formsTo('/token').length
    server.behaviour.answer['/token'] = async () => {
      await gate
      return undefined
    }
    clock.advance(PAUSE_SECONDS)
    const trial = token({ refresh: true })
    await until(() => server.formsTo('/token').length === before + 1)
    for (const { browser, jkt } of others) {
      expect((await browser.post('/bff/token', { jkt, refresh: true })).status).toBe(503)
    }
    open()
    expect((await trial).status).toBe(200)
    for (const { browser, jkt } of others) {
      expect((await browser.post('/bff/token', { jkt, refresh: true })).status).toBe(200)
    }
  })

  it.each(UP)('an endpoint that answers %s is up, however often', async (_name, answer) => {
    const deployment = await deploy()
    const { server, signIn, token, events } = deployment
    await signIn()
    server.behaviour.answer['/token'] = answer
    for (let time = 0; time < 2 * FAILURES_TO_OPEN; time += 1) await token({ refresh: true })
    server.behaviour.answer = {}
    expect((await token({ refresh: true })).status).toBe(200)
    expect(events.some(({ type }) => type === 'circuit_opened')).toBe(false)
  })

  it('an answer in between starts the count anew', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    for (let round = 0; round < 3; round += 1) {
      await fail(deployment, FAILURES_TO_OPEN - 1)
      server.behaviour.answer = {}
      expect((await token({ refresh: true })).status).toBe(200)
    }
  })

  it('each endpoint has its own: a broken revocation stops no login', async () => {
    const deployment = await deploy()
    const { server, signIn, token, browser } = deployment
    server.behaviour.answer['/revoke'] = async () => new Response('', { status: 503 })
    for (let time = 0; time < FAILURES_TO_OPEN + 2; time += 1) {
      await signIn()
      expect((await browser.post('/bff/logout', {})).status).toBe(200)
    }
    expect(server.formsTo('/revoke')).toHaveLength(FAILURES_TO_OPEN)
    expect(errorOf(await signIn())).toBeUndefined()
    expect((await token({ refresh: true })).status).toBe(200)
  })

  it('a login that comes back meanwhile has not used its code', async () => {
    const deployment = await deploy()
    const { server, signIn, browser } = deployment
    await signIn()
    await fail(deployment, FAILURES_TO_OPEN)
    const before = server.formsTo('/token').length
    const back = await browser.navigate(server.authorize(await startLogin(deployment)))
    expect(errorOf(back)).toBe('as_unavailable')
    expect(server.formsTo('/token')).toHaveLength(before)
    expect(await isSignedIn(deployment)).toBe(true)
  })
})

describe('calls under way', () => {
  it('are a hundred at most, and every other waits its turn', async () => {
    const deployment = await deploy()
    const { server, app } = deployment
    let underWay = 0
    let most = 0
    let open: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      open = resolve
    })
    await startLogin(deployment)
    const before = server.formsTo('/par').length
    server.behaviour.answer['/par'] = async () => {
      underWay += 1
      most = Math.max(most, underWay)
      await gate
      underWay -= 1
      return undefined
    }
    const logins = Array.from({ length: 150 }, async () =>
      createTestBrowser(app).post('/bff/login', { jkt: deployment.jkt }),
    )
    await until(() => underWay === 100)
    await turns(50)
    expect(server.formsTo('/par')).toHaveLength(before + 100)
    open()
    const answers = await Promise.all(logins)
    expect(answers.map(({ status }) => status)).toEqual(Array(150).fill(200))
    expect(most).toBe(100)
  })
})

async function signInElsewhere(
  deployment: Deployment,
): Promise<{ readonly browser: TestBrowser; readonly jkt: Jkt }> {
  const browser = createTestBrowser(deployment.app)
  const jkt = await jktOf(await generateProofKey())
  const back = await browser.navigate(
    deployment.server.authorize(await startLogin({ browser, jkt })),
  )
  expect(errorOf(back)).toBeUndefined()
  return { browser, jkt }
}
