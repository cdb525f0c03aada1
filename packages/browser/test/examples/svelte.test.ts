import '../support/dom.js'
import { get } from 'svelte/store'
import { beforeEach, expect, it } from 'vitest'
import { sessionStore, type SessionView } from '../../examples/svelte.js'
import { createWorld, type World } from '../support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

it('issue 5 item 8: a Svelte store follows the session', async () => {
  const { tmb } = await world.signIn()
  const asked = world.requestsTo('/bff/session').length
  const session = sessionStore(tmb)
  const seen: SessionView['kind'][] = []
  const stops = [
    session.subscribe(({ kind }) => void seen.push(kind)),
    session.subscribe(() => undefined),
  ]
  await expect.poll(() => seen).toEqual(['loading', 'active'])
  expect(world.requestsTo('/bff/session')).toHaveLength(asked + 1)

  await world.openTab().tmb.logout()
  await expect.poll(() => seen.at(-1)).toBe('none')
  for (const stop of stops) stop()
})

it('a backend that does not answer is shown', async () => {
  const { tmb } = await world.signIn()
  world.intercept('/bff/session', () => new Response('no', { status: 502 }))
  const seen: string[] = []
  const stop = sessionStore(tmb).subscribe(({ kind }) => void seen.push(kind))
  await expect.poll(() => seen.at(-1)).toBe('failed')
  stop()
})

it('a server is told that it is loading, and asks nothing', async () => {
  const { tmb } = await world.signIn()
  const asked = world.requestsTo('/bff/session').length
  const { document } = globalThis
  Reflect.deleteProperty(globalThis, 'document')
  expect(get(sessionStore(tmb))).toEqual({ kind: 'loading' })
  expect(world.requestsTo('/bff/session')).toHaveLength(asked)
  Object.assign(globalThis, { document })
})
