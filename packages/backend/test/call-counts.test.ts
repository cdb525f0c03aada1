import { memorySessionStore, storedSessions } from '@tmb-kit/backend'
import { testClock } from '@tmb-kit/testkit'
import { expect, it } from 'vitest'
import { deploy, SECRET, type Deployment } from './support/deployment.js'
import { errorOf } from './support/login.js'

const DISCOVERY = '/.well-known/openid-configuration'

/** The paths of the authorization server that were called since the last look. */
function watchCalls({ origins }: Deployment): () => readonly string[] {
  let seen = 0
  return () => {
    const paths = origins.requests.slice(seen).map(({ url }) => new URL(url).pathname)
    seen = origins.requests.length
    return paths
  }
}

it('CC-22: the first login of a process makes four calls, and each later one two', async () => {
  const deployment = await deploy()
  const calls = watchCalls(deployment)
  expect(errorOf(await deployment.signIn())).toBeUndefined()
  expect(calls()).toEqual([DISCOVERY, '/par', '/token', '/jwks'])
  for (let login = 0; login < 3; login += 1) {
    expect(errorOf(await deployment.signIn())).toBeUndefined()
    expect(calls()).toEqual(['/par', '/token'])
  }
})

it('CC-22: without PAR a login makes one call', async () => {
  const deployment = await deploy()
  deployment.server.behaviour.metadata = { pushed_authorization_request_endpoint: undefined }
  await deployment.signIn()
  const calls = watchCalls(deployment)
  calls()
  expect(errorOf(await deployment.signIn())).toBeUndefined()
  expect(calls()).toEqual(['/token'])
})

it('CC-15: a refresh makes one call and one write, and an answer from memory neither', async () => {
  const clock = testClock()
  const inner = memorySessionStore({ clock })
  const writes: string[] = []
  const counted = (name: 'delete' | 'insert' | 'replace' | 'mark') => ({
    [name]: async (...values: never[]) => {
      writes.push(name)
      return (inner[name] as (...values: never[]) => Promise<unknown>)(...values)
    },
  })
  const store = {
    ...inner,
    ...counted('insert'),
    ...counted('replace'),
    ...counted('delete'),
    ...counted('mark'),
  }
  const sessions = storedSessions({ store, secrets: [SECRET] })
  const deployment = await deploy({ sessions }, clock)
  const { signIn, token, browser } = deployment
  const calls = watchCalls(deployment)
  await signIn()
  calls()
  expect(writes.splice(0)).toEqual(['insert'])

  expect((await token()).status).toBe(200)
  expect((await browser.get('/bff/session')).status).toBe(200)
  expect(calls()).toEqual([])
  expect(writes).toEqual([])

  clock.advance(300)
  expect((await token()).status).toBe(200)
  expect(calls()).toEqual(['/token'])
  expect(writes.splice(0)).toEqual(['replace'])

  expect((await browser.post('/bff/logout', {})).status).toBe(200)
  expect(calls()).toEqual(['/revoke'])
  expect(writes).toEqual(['delete'])
})

it('CC-15: with cookies a refresh makes one call and sets one cookie', async () => {
  const deployment = await deploy()
  const { signIn, token, clock } = deployment
  const calls = watchCalls(deployment)
  await signIn()
  calls()
  clock.advance(300)
  const answer = await token()
  expect(answer.headers.getSetCookie()).toHaveLength(1)
  expect(calls()).toEqual(['/token'])
  expect((await token()).headers.getSetCookie()).toEqual([])
  expect(calls()).toEqual([])
})
