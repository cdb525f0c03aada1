import { beforeEach, describe, expect, it, vi } from 'vitest'
import { API, APP, createWorld, keyOf, reply, type Tab, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

/** Counts what a tab is told. */
function watch({ tmb }: Tab) {
  const told = { sessionended: vi.fn(), sessionstarted: vi.fn(), keyreplaced: vi.fn() }
  for (const name of ['sessionended', 'sessionstarted', 'keyreplaced'] as const) {
    tmb.on(name, told[name])
  }
  return told
}

describe('a sign-in in another tab', () => {
  it('BR-26: is told to a tab that was signed out, which then has the session', async () => {
    const waiting = world.openTab()
    expect(await waiting.tmb.session()).toEqual({ kind: 'none' })
    const told = watch(waiting)
    await world.signIn()
    await vi.waitFor(() => expect(told.sessionstarted).toHaveBeenCalled())
    expect(told.sessionended).not.toHaveBeenCalled()
    expect(await waiting.tmb.session()).toMatchObject({ kind: 'active' })
  })

  it('is not told to tabs that know of it, nor over and over', async () => {
    const first = await world.signIn()
    const second = world.openTab()
    await second.tmb.session()
    const told = watch(first)
    for (let look = 0; look < 5; look += 1) await second.tmb.session()
    await delivered()
    expect(told.sessionstarted).not.toHaveBeenCalled()
    expect(told.sessionended).not.toHaveBeenCalled()
  })

  it('two tabs whose key is not the session’s do not wake each other for ever', async () => {
    const tabs = [world.openTab(), world.openTab()]
    await Promise.all(tabs.map(keyOf))
    world.backend.session = { jkt: 'A'.repeat(43), sub: 'alice' }
    for (const { tmb } of tabs) tmb.on('sessionstarted', () => void tmb.session())
    await tabs[0]!.tmb.session()
    await delivered()
    expect(world.requestsTo('/bff/session').length).toBeLessThan(6)
  })
})

describe('another user', () => {
  it('nothing of user one is signed for user two: the other tab’s next call fails unsent', async () => {
    const one = await world.signIn()
    await one.tmb.fetch(`${API}/orders`)
    const told = watch(one)
    const { jkt } = world.backend.session!
    world.backend.session = { jkt, sub: 'bob' }
    const two = world.openTab()
    expect(await two.tmb.session()).toMatchObject({ claims: { sub: 'bob' } })
    await vi.waitFor(() => expect(told.sessionended).toHaveBeenCalledTimes(1))

    const before = world.requests.length
    const body = 'of alice'
    await expect(one.tmb.fetch(`${API}/orders`, { method: 'POST', body })).rejects.toMatchObject({
      code: 'no_session',
    })
    expect(world.requests).toHaveLength(before)
    expect(await one.tmb.session()).toMatchObject({ claims: { sub: 'bob' } })
    expect((await one.tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP token-2')
    expect((await two.tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('is found out by the tab’s own look as well, and told once', async () => {
    const tab = await world.signIn()
    await tab.tmb.fetch(`${API}/orders`)
    const told = watch(tab)
    world.backend.session = { ...world.backend.session!, sub: 'bob' }
    expect(await tab.tmb.session()).toMatchObject({ kind: 'active', claims: { sub: 'bob' } })
    expect(told.sessionended).toHaveBeenCalledTimes(1)
    await tab.tmb.fetch(`${API}/orders`)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP token-2')
  })

  it('a token that may be of the next user is not used before it is known whose it is', async () => {
    const one = await world.signIn()
    await one.tmb.fetch(`${API}/orders`)
    const heard = hears('signingin')
    const two = world.openTab()
    void two.tmb.login({ prompt: 'login' })
    await vi.waitFor(() => expect(two.visited).toHaveLength(1))
    await heard
    await delivered()

    // The user has come back as somebody else, and no page of that has loaded yet.
    world.backend.session = { ...world.backend.session!, sub: 'bob' }
    world.clock.advance(301)
    const sent = world.requestsTo('/orders').length
    await expect(one.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    expect(world.requestsTo('/orders')).toHaveLength(sent)
  })

  it('a sign-in of the same user disturbs nobody', async () => {
    const one = await world.signIn()
    const told = watch(one)
    const heard = hears('signingin')
    const two = world.openTab()
    void two.tmb.login()
    await heard
    await two.tmb.session()
    world.clock.advance(301)
    expect((await one.tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(told.sessionended).not.toHaveBeenCalled()
  })
})

describe('many tabs', () => {
  it('BR-03: ten that open at once end with one key, and all have the session', async () => {
    const tabs = Array.from({ length: 10 }, () => world.openTab())
    const jkts = await Promise.all(tabs.map(keyOf))
    await delivered()
    const [jkt] = new Set(await Promise.all(tabs.map(keyOf)))
    expect(jkts).toContain(jkt)
    world.backend.session = { jkt: jkt!, sub: 'alice' }
    for (const { tmb } of tabs) expect(await tmb.session()).toMatchObject({ kind: 'active', jkt })
  })

  it('one that is frozen stops no other: nothing is locked', async () => {
    const request = vi.fn()
    vi.stubGlobal('navigator', { locks: { request }, storage: { persist: request } })
    // Frozen in the middle of everything: it began, and never goes on.
    const frozen = world.openTab({ fetch: async () => new Promise(() => undefined) })
    void frozen.tmb.session()
    void frozen.tmb.fetch(`${API}/orders`)
    const { tmb } = await world.signIn()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    await tmb.logout()
    expect(request).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  })

  it('messages that mean nothing, or come from elsewhere, have nothing signed', async () => {
    const { tmb } = await world.signIn()
    const before = world.requests.length
    const channel = new BroadcastChannel(`${APP}/bff`)
    for (const message of [['alice'], [], ['x', { htu: API }], 'signingin']) {
      channel.postMessage(message)
    }
    await delivered()
    channel.close()
    expect(world.requests).toHaveLength(before)
    expect(tmb).toBeDefined()
  })
})

describe('where there is no page', () => {
  it('the object can be made, and listens to nothing', () => {
    const channel = vi.fn()
    vi.stubGlobal('BroadcastChannel', channel)
    expect(() => world.openTab({ location: undefined as never })).not.toThrow()
    expect(channel).not.toHaveBeenCalled()
    vi.unstubAllGlobals()
  })
})

it('a refusal of a tab that was told twice is still one word', async () => {
  const { tmb } = await world.signIn()
  world.intercept('/bff/token', () => reply({ error: 'no_session' }, 401))
  await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
})

/** Waits until every tab has heard what was told so far: a channel keeps the order. */
async function delivered(): Promise<void> {
  const heard = hears('probe')
  const channel = new BroadcastChannel(`${APP}/bff-probe`)
  channel.postMessage('probe')
  await heard
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve))
  channel.close()
}

async function hears(message: string): Promise<void> {
  const name = message === 'probe' ? `${APP}/bff-probe` : `${APP}/bff`
  const channel = new BroadcastChannel(name)
  await new Promise<void>((resolve) => {
    channel.addEventListener('message', ({ data }: MessageEvent<unknown>) => {
      if (data === message) resolve()
    })
  })
  channel.close()
}
