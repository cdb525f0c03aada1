import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { API, createWorld, reply, type Tab, type World } from './support/world.js'

let world: World
let events: EventTarget
beforeEach(() => {
  world = createWorld()
  events = new EventTarget()
  vi.stubGlobal('addEventListener', events.addEventListener.bind(events))
})
afterEach(() => {
  vi.unstubAllGlobals()
})

const looks = (): number => world.requestsTo('/bff/session').length
const show = (name: string, members: object = {}): void => {
  events.dispatchEvent(Object.assign(new Event(name), members))
}
const ended = ({ tmb }: Tab) => {
  const told = vi.fn()
  tmb.on('sessionended', told)
  return told
}

describe('a page that is seen again', () => {
  it('after its session should have ended: it looks, and tells that there is none', async () => {
    const tab = await world.signIn()
    const told = ended(tab)
    world.clock.advance(3601)
    world.backend.session = undefined
    show('visibilitychange')
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
    await expect(tab.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  })

  it('a session that was prolonged meanwhile goes on', async () => {
    const tab = await world.signIn()
    const told = ended(tab)
    world.clock.advance(3601)
    const before = looks()
    show('visibilitychange')
    await vi.waitFor(() => expect(looks()).toBe(before + 1))
    expect((await tab.tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(told).not.toHaveBeenCalled()
  })

  it('from the back/forward cache: it looks, whatever the time is', async () => {
    const tab = await world.signIn()
    const told = ended(tab)
    world.backend.session = undefined
    show('pageshow', { persisted: true })
    await vi.waitFor(() => expect(told).toHaveBeenCalledTimes(1))
  })

  it('before that: it asks nobody', async () => {
    await world.signIn()
    world.clock.advance(3599)
    const before = looks()
    show('visibilitychange')
    show('pageshow', { persisted: false })
    await new Promise((resolve) => setImmediate(resolve))
    expect(looks()).toBe(before)
  })

  it('where nobody is signed in: it asks nobody', async () => {
    const { tmb } = world.openTab()
    await tmb.session()
    const before = looks()
    show('pageshow', { persisted: true })
    await new Promise((resolve) => setImmediate(resolve))
    expect(looks()).toBe(before)
  })

  it('a backend that is not reached then is no end of the session', async () => {
    const tab = await world.signIn()
    const told = ended(tab)
    world.clock.advance(3601)
    world.intercept('/bff/session', () => reply({ error: 'as_unavailable' }, 503))
    const before = looks()
    show('visibilitychange')
    await vi.waitFor(() => expect(looks()).toBe(before + 1))
    expect((await tab.tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(told).not.toHaveBeenCalled()
  })

  it('the token’s end is judged at each use, so no timer has to run', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'setInterval'] })
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    vi.clearAllTimers()
    // Eight hours of sleep.
    world.clock.advance(8 * 3600)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
    expect(vi.getTimerCount()).toBe(0)
    vi.useRealTimers()
  })
})
