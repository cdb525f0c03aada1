import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteDatabases, readRecords } from './support/records.js'
import { API, createWorld, keyOf, reply, settled, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

describe('session', () => {
  it('BR-25: none, and the key is made already', async () => {
    const { tmb, database } = world.openTab()
    expect(await tmb.session()).toEqual({ kind: 'none' })
    expect(await readRecords(database)).toHaveLength(1)
  })

  it('BR-25: active, when the pinned key is the one of this browser', async () => {
    const { tmb } = await world.signIn()
    expect(await tmb.session()).toEqual({
      kind: 'active',
      claims: { sub: 'alice' },
      jkt: world.backend.session!.jkt,
      expiresAt: world.clock() + 3600,
    })
  })

  it('BR-25: another key is pinned: key_mismatch, and nothing is pinned anew', async () => {
    const tab = world.openTab()
    await keyOf(tab)
    world.backend.session = { jkt: 'A'.repeat(43), sub: 'alice' }
    expect(await tab.tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_mismatch' })
    expect(world.backend.session.jkt).toBe('A'.repeat(43))
    expect(world.requestsTo('/bff/login')).toHaveLength(0)
  })

  it('BR-25: the key is gone and the session is not: key_lost, for as long as the page is open', async () => {
    await world.signIn()
    await deleteDatabases()
    const { tmb } = world.openTab()
    for (let look = 0; look < 2; look += 1) {
      expect(await tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_lost' })
    }
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'key_mismatch' })
    expect(world.requestsTo('/bff/login')).toHaveLength(0)
  })

  it('a backend that does not answer is an error, not the end of the session', async () => {
    const { tmb } = await world.signIn()
    const ended = vi.fn()
    tmb.on('sessionended', ended)
    const unusable: readonly (() => Response)[] = [
      () => {
        throw new TypeError('network error')
      },
      () => new Response('<h1>Bad gateway</h1>', { status: 502 }),
      () => new Response('<h1>Sign in to the Wi-Fi</h1>'),
      () => Response.redirect('https://login.proxy.test/'),
      () => reply({}, 500),
    ]
    for (const answer of unusable) {
      world.intercept('/bff/session', answer)
      await expect(tmb.session()).rejects.toMatchObject({ code: 'backend_unavailable' })
    }
    world.intercept('/bff/session', () => reply({ error: 'as_unavailable' }, 503))
    await expect(tmb.session()).rejects.toMatchObject({ code: 'as_unavailable' })
    expect(ended).not.toHaveBeenCalled()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('BR-23: every call carries X-CSRF, and those that change state are POST with JSON', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    void tmb.login()
    await settled()
    await tmb.logout()
    const calls = world.requests.filter(({ url }) => url.includes('/bff/'))
    for (const { headers } of calls) expect(headers.get('X-CSRF')).toBe('1')
    const changing = calls.filter(({ url }) => !url.endsWith('/bff/session'))
    expect(changing.map(({ url }) => url.split('/').at(-1))).toEqual(['token', 'login', 'logout'])
    for (const { method, headers } of changing) {
      expect(method).toBe('POST')
      expect(headers.get('Content-Type')).toBe('application/json')
    }
    const looks = calls.filter(({ url }) => url.endsWith('/bff/session'))
    for (const { method } of looks) expect(method).toBe('GET')
  })
})

describe('the end of a session', () => {
  it.each(['no_session', 'login_required'])(
    '%s from the backend: told once, however many calls hear it',
    async (error) => {
      const { tmb } = await world.signIn()
      const ended = vi.fn()
      tmb.on('sessionended', ended)
      world.intercept('/bff/token', () => reply({ error }, 401))
      const calls = Array.from({ length: 5 }, async () => tmb.fetch(`${API}/orders`))
      for (const outcome of await Promise.allSettled(calls)) {
        expect(outcome).toMatchObject({ reason: { code: error } })
      }
      await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: error })
      expect(ended).toHaveBeenCalledTimes(1)
    },
  )

  it('is told when session() finds it out', async () => {
    const { tmb } = await world.signIn()
    const ended = vi.fn()
    tmb.on('sessionended', ended)
    world.backend.session = undefined
    expect(await tmb.session()).toEqual({ kind: 'none' })
    expect(await tmb.session()).toEqual({ kind: 'none' })
    expect(ended).toHaveBeenCalledTimes(1)
  })

  it('is not told where there was no session', async () => {
    const { tmb } = world.openTab()
    const ended = vi.fn()
    tmb.on('sessionended', ended)
    await tmb.session()
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await tmb.logout()
    expect(ended).not.toHaveBeenCalled()
  })

  it('a listener that was taken off, or that throws, disturbs nobody', async () => {
    const { tmb } = await world.signIn()
    const [gone, stays] = [vi.fn(), vi.fn()]
    tmb.on('sessionended', gone)()
    tmb.on('sessionended', stays)
    await tmb.logout()
    expect(gone).not.toHaveBeenCalled()
    expect(stays).toHaveBeenCalledTimes(1)
  })

  it('a listener that signs out does not do so for ever', async () => {
    const { tmb } = await world.signIn()
    const ended = vi.fn(() => void tmb.logout())
    tmb.on('sessionended', ended)
    await tmb.logout()
    await settled()
    expect(ended).toHaveBeenCalledTimes(1)
  })

  it('ten looks at once for a session that ended make twenty requests at most', async () => {
    const { tmb } = await world.signIn()
    world.backend.session = undefined
    const before = world.requestsTo('/bff/session').length
    const looks = await Promise.all(Array.from({ length: 10 }, async () => tmb.session()))
    for (const state of looks) expect(state).toEqual({ kind: 'none' })
    expect(world.requestsTo('/bff/session').length - before).toBeLessThanOrEqual(20)
  })
})
