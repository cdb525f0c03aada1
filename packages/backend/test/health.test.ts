import {
  cookieSessions,
  createHealthCheck,
  memorySessionStore,
  storedSessions,
} from '@tmb-kit/backend'
import { describe, expect, it } from 'vitest'
import { CLIENT_SECRET, deploy, SECRET } from './support/deployment.js'

async function deployChecked() {
  const store = memorySessionStore()
  let storeIsDown = false
  const sessions = storedSessions({
    secrets: [SECRET],
    store: {
      ...store,
      isMarked: async (name) =>
        storeIsDown ? Promise.reject(new Error('canary-store')) : store.isMarked(name),
    },
  })
  const deployment = await deploy({ sessions })
  return {
    ...deployment,
    checkHealth: createHealthCheck(deployment.options),
    breakStore: () => (storeIsDown = true),
  }
}

describe('createHealthCheck', () => {
  it('says what is there', async () => {
    const { checkHealth, options } = await deployChecked()
    const ok = { status: 'ok', store: 'ok', authorization_server: 'ok' }
    expect(await checkHealth()).toEqual(ok)
    const inCookies = { ...options, sessions: cookieSessions({ secrets: [SECRET] }) }
    expect(await createHealthCheck(inCookies)()).toEqual({ ...ok, store: 'none' })
  })

  it('a store that is down makes it unavailable, and no word of its error gets out', async () => {
    const { breakStore, checkHealth, events } = await deployChecked()
    breakStore()
    const report = await checkHealth()
    expect(report).toEqual({
      status: 'unavailable',
      store: 'unavailable',
      authorization_server: 'ok',
    })
    expect(JSON.stringify([report, events])).not.toContain('canary')
  })

  it.each([
    ['unavailable', async () => new Response('', { status: 503 })],
    ['misconfigured', async () => Response.json({ issuer: 'https://other.test' })],
  ] as const)('an authorization server that is %s makes it degraded', async (state, answer) => {
    const { checkHealth, server } = await deployChecked()
    server.behaviour.answer['/.well-known/openid-configuration'] = answer
    const report = await checkHealth()
    expect(report).toEqual({ status: 'degraded', store: 'ok', authorization_server: state })
    expect(JSON.stringify(report)).not.toContain(CLIENT_SECRET)
  })

  it('asks once in ten seconds, however often it is asked, and notices when all is well again', async () => {
    const { checkHealth, clock, origins, server } = await deployChecked()
    server.behaviour.answer['/.well-known/openid-configuration'] = async () =>
      new Response('', { status: 503 })
    await Promise.all(Array.from({ length: 50 }, async () => checkHealth()))
    expect(origins.requests).toHaveLength(1)
    server.behaviour.answer = {}
    clock.advance(9)
    expect((await checkHealth()).status).toBe('degraded')
    clock.advance(1)
    expect((await checkHealth()).status).toBe('ok')
    expect(origins.requests).toHaveLength(2)
  })

  it('tells no listener of a check', async () => {
    const { checkHealth, events, server } = await deployChecked()
    server.behaviour.answer['/.well-known/openid-configuration'] = async () =>
      new Response('', { status: 503 })
    await checkHealth()
    expect(events).toEqual([])
  })
})
