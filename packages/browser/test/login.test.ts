import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  challenge,
  createWorld,
  keyOf,
  reply,
  settled,
  SIGN_IN_PAGE,
  type Tab,
  type World,
} from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

const lastLogin = async (): Promise<unknown> => world.requestsTo('/bff/login').at(-1)!.json()

describe('login', () => {
  it('BR-24: names the key, and goes to the sign-in page at top level', async () => {
    const tab = world.openTab()
    const jkt = await keyOf(tab)
    await leave(tab, tab.tmb.login())
    expect(tab.visited).toEqual([SIGN_IN_PAGE])
    expect(await lastLogin()).toEqual({ jkt, return_to: '/orders?tab=2#top' })
  })

  it('BR-24: is refused in a frame, before anything is asked', async () => {
    const tab = world.openTab()
    vi.stubGlobal('top', {})
    await expect(tab.tmb.login()).rejects.toMatchObject({ code: 'frame_not_allowed' })
    expect(world.requestsTo('/bff/login')).toEqual([])
    vi.unstubAllGlobals()

    await leave(tab, tab.tmb.login())
    expect(tab.visited).toEqual([SIGN_IN_PAGE])
  })

  it('makes the key when there is none', async () => {
    const tab = world.openTab()
    await leave(tab, tab.tmb.login())
    expect(await lastLogin()).toMatchObject({ jkt: expect.stringMatching(/^[\w-]{43}$/) })
  })

  it('passes on what it is asked for, under the names of the wire', async () => {
    const tab = world.openTab()
    await leave(
      tab,
      tab.tmb.login({
        returnTo: '/there',
        prompt: 'login',
        maxAgeSeconds: 0,
        acrValues: 'a b',
        loginHint: 'alice',
        uiLocales: 'de',
        scope: 'openid',
        resource: API,
      }),
    )
    expect(await lastLogin()).toEqual({
      jkt: expect.any(String),
      return_to: '/there',
      prompt: 'login',
      max_age: 0,
      acr_values: 'a b',
      login_hint: 'alice',
      ui_locales: 'de',
      scope: 'openid',
      resource: API,
    })
  })

  it('cannot be talked into another jkt', async () => {
    const tab = world.openTab()
    const jkt = await keyOf(tab)
    await leave(tab, tab.tmb.login({ jkt: 'A'.repeat(43) } as object))
    expect(await lastLogin()).toMatchObject({ jkt })
  })

  it('stays pending when the page has been left', async () => {
    const { tmb } = world.openTab()
    let isSettled = false
    void tmb.login().finally(() => (isSettled = true))
    await settled()
    expect(isSettled).toBe(false)
  })

  it.each([
    'javascript:alert(1)',
    'data:text/html,x',
    'http://as.test/auth',
    'http://localhost.evil.test/',
    '/auth',
    '',
    undefined,
    null,
    7,
    {},
  ])('BR-24: does not go to %j', async (url) => {
    const tab = world.openTab()
    world.intercept('/bff/login', () => reply({ authorization_url: url }))
    await expect(tab.tmb.login()).rejects.toMatchObject({ code: 'url_refused' })
    expect(tab.visited).toEqual([])
  })

  it('BR-24: goes to the configured authorization server, and to no other', async () => {
    const right = world.openTab({ authorizationServer: 'https://as.test' })
    await leave(right, right.tmb.login())
    expect(right.visited).toEqual([SIGN_IN_PAGE])
    const wrong = world.openTab({ authorizationServer: 'https://another-as.test' })
    await expect(wrong.tmb.login()).rejects.toMatchObject({ code: 'url_refused' })
    expect(wrong.visited).toEqual([])
  })

  it('goes to an authorization server on this machine without https', async () => {
    const tab = world.openTab()
    world.intercept('/bff/login', () => reply({ authorization_url: 'http://127.0.0.1:4001/auth' }))
    await leave(tab, tab.tmb.login())
    expect(tab.visited).toEqual(['http://127.0.0.1:4001/auth'])
  })

  it.each(['invalid_return_to', 'invalid_scope', 'csrf_rejected', 'as_unavailable', 'slow_down'])(
    'what the backend refuses has the backend’s word: %s',
    async (error) => {
      const { tmb, visited } = world.openTab()
      world.intercept('/bff/login', () => reply({ error }, 400))
      await expect(tmb.login()).rejects.toMatchObject({ name: 'TmbError', code: error })
      expect(visited).toEqual([])
    },
  )
})

describe('step-up', () => {
  const demand = 'error="insufficient_user_authentication", acr_values="gold", max_age="5"'

  it('BR-28: is an error that carries the login that was asked for', async () => {
    const tab = await world.signIn()
    world.intercept('/vault', () => challenge(demand))
    const error = await failure(tab.tmb.fetch(`${API}/vault`))
    expect(error).toMatchObject({ name: 'TmbError', code: 'step_up_required' })
    expect(tab.visited).toEqual([])

    await leave(tab, error.login!({ returnTo: '/vault' }))
    expect(tab.visited).toEqual([SIGN_IN_PAGE])
    expect(await lastLogin()).toMatchObject({
      acr_values: 'gold',
      max_age: 5,
      return_to: '/vault',
    })
  })

  it.each(['x', '-1', '1.5', '', '5s'])('BR-28: max_age="%s" is ignored', async (maxAge) => {
    const tab = await world.signIn()
    world.intercept('/vault', () =>
      challenge(`error="insufficient_user_authentication", max_age="${maxAge}"`),
    )
    const error = await failure(tab.tmb.fetch(`${API}/vault`))
    await leave(tab, error.login!())
    expect(await lastLogin()).toEqual({ jkt: expect.any(String), return_to: '/orders?tab=2#top' })
  })

  it('BR-28: goes by itself where the page wants that', async () => {
    const tab = await world.signIn({ stepUp: 'navigate' })
    world.intercept('/vault', () => challenge(demand))
    await leave(tab, tab.tmb.fetch(`${API}/vault`))
    expect(tab.visited).toEqual([SIGN_IN_PAGE])
    expect(await lastLogin()).toMatchObject({ acr_values: 'gold', max_age: 5 })
  })

  it('BR-28: an API that is never content gets no second journey, but an error', async () => {
    const stored: Record<string, string> = {}
    vi.stubGlobal('sessionStorage', stored)
    world.intercept('/vault', () => challenge(demand))
    const tab = await world.signIn({ stepUp: 'navigate' })
    await leave(tab, tab.tmb.fetch(`${API}/vault`))

    // Back from the sign-in: a new page, with what the tab had stored.
    const again = world.openTab({ stepUp: 'navigate' })
    await again.tmb.session()
    const error = await failure(again.tmb.fetch(`${API}/vault`))
    expect(error).toMatchObject({ code: 'step_up_required', login: expect.any(Function) })
    expect(again.visited).toEqual([])
    // Another address is another matter, and one that answered begins anew.
    world.intercept('/other', () => challenge(demand))
    await leave(again, again.tmb.fetch(`${API}/other`))
    world.intercept('/vault', () => undefined)
    await again.tmb.fetch(`${API}/vault`)
    world.intercept('/vault', () => challenge(demand))
    await leave(again, again.tmb.fetch(`${API}/vault`))
    expect(JSON.stringify(stored)).not.toContain('token-')
    vi.unstubAllGlobals()
  })

  it.each([{ acr_values: 'gold' }, { max_age: 0 }, { acr_values: 'gold', max_age: 60 }])(
    'BR-28: what the backend demands at /bff/token is no end of the session: %j',
    async (asked) => {
      const { tmb } = await world.signIn()
      const ended = vi.fn()
      tmb.on('sessionended', ended)
      world.intercept('/bff/token', () => reply({ error: 'login_required', ...asked }, 401))
      const error = await failure(tmb.fetch(`${API}/orders`))
      expect(error).toMatchObject({ code: 'login_required', login: expect.any(Function) })
      expect(ended).not.toHaveBeenCalled()
      world.intercept('/bff/token', () => undefined)
      expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    },
  )

  it('BR-28: leaves the session, and other calls, as they are', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/vault', () => challenge(demand))
    await failure(tmb.fetch(`${API}/vault`))
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
  })

  it('what the backend demands at /bff/token is in the login of that error, too', async () => {
    const tab = await world.signIn()
    world.intercept('/bff/token', () =>
      reply({ error: 'login_required', acr_values: 'gold', max_age: 60 }, 401),
    )
    const error = await failure(tab.tmb.fetch(`${API}/orders`))
    await leave(tab, error.login!())
    expect(await lastLogin()).toMatchObject({ acr_values: 'gold', max_age: 60 })
  })
})

/** Waits until the page is left. Fails when the promise, which is to stay pending, settles. */
async function leave(tab: Tab, pending: Promise<unknown>): Promise<void> {
  const before = tab.visited.length
  const left = vi.waitFor(() => {
    expect(tab.visited).toHaveLength(before + 1)
  })
  const outcome = await Promise.race([pending.then(() => 'settled'), left])
  expect(outcome).toBeUndefined()
}

async function failure(call: Promise<unknown>): Promise<{ login?: Tab['tmb']['login'] }> {
  try {
    await call
  } catch (error) {
    return error as { login?: Tab['tmb']['login'] }
  }
  throw new Error('it did not fail')
}
