import {
  askSession,
  boundFetch,
  createTmb,
  login,
  logout,
  openPage,
  signIn,
  tabs,
  type TmbOptions,
} from '@tmb-kit/browser'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { readRecords } from './support/records.js'
import { API, APP, createWorld, reply, SIGN_IN_PAGE, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

describe('options', () => {
  it.each(['resourceServer', 'backendURL', 'StepUp', 'token'])(
    '%s is none: a TypeError, not a default',
    (name) => {
      const options = { resourceServers: [API], [name]: 'x' } as unknown as TmbOptions
      expect(() => createTmb(options)).toThrow(TypeError)
    },
  )

  it('every option that there is, is taken', () => {
    const all: Required<TmbOptions> = {
      algorithm: 'ES256',
      authorizationServer: 'https://as.test',
      backendUrl: '/bff',
      clock: world.clock,
      fetch: world.fetch,
      location: { href: APP, assign: () => undefined },
      onEvent: () => undefined,
      resourceServers: [API],
      stepUp: 'error',
      tokenEndpoint: 'https://as.test/token',
    }
    expect(() => createTmb(all)).not.toThrow()
  })
})

describe('onEvent', () => {
  it('tells of the key and of every request, without token, proof, key, query or fragment', async () => {
    const { tmb, events } = await world.signIn()
    await tmb.fetch(`${API}/orders?secret=canary#canary`)
    const { authorization, dpop } = await tmb.authorize({ method: 'GET', url: API })
    expect(events.map(({ method, url, status }) => [method, url, status])).toEqual([
      ['GET', `${APP}/bff/session`, 200],
      ['GET', `${APP}/bff/session`, 200],
      ['POST', `${APP}/bff/token`, 200],
      ['GET', `${API}/orders`, 200],
    ])
    const text = JSON.stringify(events)
    for (const hidden of ['canary', 'token-1', authorization, dpop]) {
      expect(text).not.toContain(hidden)
    }
  })

  it('a request that nobody answered has status 0, and fails as ever', async () => {
    const { tmb, events } = await world.signIn()
    world.intercept('/lost', () => {
      throw new TypeError('network error')
    })
    await expect(tmb.fetch(`${API}/lost`)).rejects.toThrow(TypeError)
    expect(events.at(-1)).toMatchObject({ type: 'request_sent', url: `${API}/lost`, status: 0 })
  })
})

describe('the deadline of calls to the backend', () => {
  it('is 30 s, for the whole answer; then backend_unavailable, and the next call asks anew', async () => {
    const controller = new AbortController()
    const timeout = vi.spyOn(AbortSignal, 'timeout').mockReturnValue(controller.signal)
    const { tmb } = await world.signIn({
      fetch: async (input, init) => {
        const { signal } = init ?? {}
        if (!(input as string).endsWith('/bff/token') || signal?.aborted)
          return world.fetch(input, init)
        return new Promise((_, reject) => {
          signal?.addEventListener('abort', () => reject(signal.reason as Error))
        })
      },
    })
    const call = tmb.fetch(`${API}/orders`)
    await vi.waitFor(() => expect(timeout).toHaveBeenCalledTimes(3))
    expect(timeout).toHaveBeenLastCalledWith(30_000)
    controller.abort(new DOMException('late', 'TimeoutError'))
    await expect(call).rejects.toMatchObject({ code: 'backend_unavailable' })
    vi.restoreAllMocks()
  })

  it('Retry-After comes along with the error', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', () => reply({ error: 'slow_down' }, 429, { 'Retry-After': '7' }))
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({
      code: 'slow_down',
      retryAfterSeconds: 7,
    })
  })
})

describe('the small import', () => {
  const options = () => ({
    resourceServers: [API],
    backendUrl: `${APP}/bff`,
    clock: world.clock,
    fetch: world.fetch,
  })

  it('has a key, a session and a fetch, with nonces and renewal', async () => {
    const page = openPage(options())
    expect(await askSession(page)).toEqual({ kind: 'none' })
    const { jkt } = await page.proofKey!
    world.backend.session = { jkt, sub: 'alice' }
    expect(await askSession(page)).toMatchObject({ kind: 'active', jkt })

    let count = 0
    world.intercept('/orders', () => {
      count += 1
      const errors = [undefined, 'use_dpop_nonce', 'invalid_token']
      const field = { 'WWW-Authenticate': `DPoP error="${errors[count]}"`, 'DPoP-Nonce': 'n1' }
      return errors[count] === undefined ? undefined : reply({}, 401, field)
    })
    const response = await boundFetch(page, `${API}/orders`, { method: 'POST', body: 'kept' })
    expect(await response.json()).toMatchObject({ body: 'kept' })
    await expect(boundFetch(page, 'https://evil.test/')).rejects.toMatchObject({
      code: 'origin_not_allowed',
    })
  })

  it('with the parts that it wants: sign-in, sign-out, other tabs', async () => {
    const assign = vi.fn()
    const location = { href: `${APP}/here`, assign }
    const page = openPage({ ...options(), location }, signIn, tabs)
    void login(page)
    await vi.waitFor(() => expect(assign).toHaveBeenCalledWith(SIGN_IN_PAGE))
    const { jkt } = await page.proofKey!
    world.backend.session = { jkt, sub: 'alice' }
    await askSession(page)

    world.intercept('/bff/token', () => reply({ error: 'key_mismatch' }, 409))
    await expect(boundFetch(page, `${API}/orders`)).rejects.toMatchObject({
      code: 'key_mismatch',
      login: expect.any(Function),
    })
    await logout(page)
    expect(await readRecords()).toEqual([])
    await expect(boundFetch(page, `${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  })
})
