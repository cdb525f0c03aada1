import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  APP,
  challenge,
  createWorld,
  keyOf,
  OTHER_API,
  reply,
  SIGN_IN_PAGE,
  type World,
} from '../support/world.js'
import { runHandoff } from '../support/token-endpoint.js'
import { FakeContainer, openSignedPage, openWorkerPage } from './support/container.js'
import { startWorker } from './support/worker.js'

let world: World
beforeEach(() => {
  world = createWorld()
})
afterEach(() => {
  vi.useRealTimers()
})

const tokenRequests = (): number => world.requestsTo('/bff/token').length

describe('with a worker that signs', () => {
  it('BR-16: the page’s calls are signed, and nothing that it ever got held a token', async () => {
    const { tmb, exchanges } = await openSignedPage(world)
    expect(await tmb.ready).toBe('worker')
    expect(tmb.signer).toBe('worker')
    expect(await tmb.session()).toMatchObject({ kind: 'active', claims: { sub: 'alice' } })
    expect((await tmb.fetch(`${API}/orders`, { method: 'POST', body: 'x' })).status).toBe(200)
    await tmb.renew()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)

    const sent = world.requestsTo('/orders')
    expect(sent.map(({ headers }) => headers.get('Authorization'))).toEqual([
      'DPoP token-1',
      'DPoP token-2',
    ])
    expect(exchanges.length).toBeGreaterThan(3)
    for (const { url, body } of exchanges) expect(body, url).not.toMatch(/token-|eyJ/)
    expect(exchanges.map(({ url }) => url)).not.toContain(`${APP}/bff/token`)
  })

  it('a call at once after a reload goes through the worker, and asks for the token only', async () => {
    const { tmb } = await openSignedPage(world)
    world.intercept('/bff/session', () => reply({ error: 'not asked' }, 500))
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(tokenRequests()).toBe(1)
  })

  it('`authorize` says that the headers are the worker’s', async () => {
    const { tmb } = await openSignedPage(world)
    await expect(tmb.authorize({ method: 'GET', url: `${API}/orders` })).rejects.toMatchObject({
      code: 'header_not_allowed',
    })
  })

  it('BR-18: origins and headers are judged as without a worker', async () => {
    const { tmb } = await openSignedPage(world)
    await expect(tmb.fetch(`${OTHER_API}/x`)).rejects.toMatchObject({ code: 'origin_not_allowed' })
    const headers = { Authorization: 'x' }
    await expect(tmb.fetch(`${API}/x`, { headers })).rejects.toMatchObject({
      code: 'header_not_allowed',
    })
    expect(world.requestsTo('/x')).toHaveLength(0)
    expect((await tmb.fetch(`${API}/x`)).status).toBe(200)
  })

  it('BR-28: a step-up challenge is a typed error that signs in with what was asked for', async () => {
    const { tmb, visited } = await openSignedPage(world)
    world.intercept('/vault', () =>
      challenge('error="insufficient_user_authentication", acr_values="gold", max_age="5"'),
    )
    const error = await tmb.fetch(`${API}/vault`).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ code: 'step_up_required' })
    void (error as { login: () => Promise<never> }).login()
    await expect.poll(() => visited).toEqual([SIGN_IN_PAGE])
    const [login] = world.requestsTo('/bff/login')
    expect(await login!.json()).toMatchObject({ acr_values: 'gold', max_age: 5 })
  })

  it('BR-28: with `stepUp: navigate` the page goes by itself', async () => {
    const challenged = () => challenge('error="insufficient_user_authentication"')
    world.intercept('/vault', challenged)
    const going = await openSignedPage(world, { stepUp: 'navigate' })
    void going.tmb.fetch(`${API}/vault`)
    await expect.poll(() => going.visited).toEqual([SIGN_IN_PAGE])
  })

  it('errors of the worker are the page’s own, with what the backend asks of a sign-in', async () => {
    const { tmb, visited } = await openSignedPage(world)
    world.intercept('/bff/token', () => reply({ error: 'login_required', max_age: 7 }, 401))
    for (const call of [async () => tmb.fetch(`${API}/orders`), async () => tmb.renew()]) {
      const error = await call().catch((cause: unknown) => cause)
      expect(error).toMatchObject({ name: 'TmbError', code: 'login_required' })
    }
    const error = await tmb.fetch(`${API}/orders`).catch((cause: unknown) => cause)
    void (error as { login: () => Promise<never> }).login()
    await expect.poll(() => visited).toEqual([SIGN_IN_PAGE])
    expect(await world.requestsTo('/bff/login')[0]!.json()).toMatchObject({ max_age: 7 })
  })

  it('an answer of the API that names a refusal is handed over as it is', async () => {
    const { tmb } = await openSignedPage(world)
    world.intercept('/orders', () =>
      Object.defineProperty(reply({}, 200, { 'Tmb-Refusal': 'no_session' }), 'type', {
        value: 'cors',
      }),
    )
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('the page is told once when the session is over', async () => {
    const { tmb } = await openSignedPage(world)
    await tmb.session()
    let ended = 0
    tmb.on('sessionended', () => void (ended += 1))
    world.backend.session = undefined
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    expect(ended).toBe(1)
    expect(await tmb.session()).toEqual({ kind: 'none' })
  })

  it('BR-26: after a sign-out nothing leaves, in the page and in the worker', async () => {
    const { tmb, worker } = await openSignedPage(world)
    await tmb.session()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    await tmb.logout()
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await expect.poll(async () => (await worker.fetch(`${API}/orders`)).status).toBe(401)
  })

  it('BR-26: an answer to `session` that was late brings nothing back', async () => {
    const { tmb } = await openSignedPage(world)
    await tmb.session()
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    world.intercept('/bff/session', async () => {
      const { session } = world.backend
      await gate
      return session && reply({ active: true, claims: {}, jkt: session.jkt, expires_at: 1 })
    })
    const asked = world.requestsTo('/bff/session').length
    const late = tmb.session()
    await expect.poll(() => world.requestsTo('/bff/session').length).toBe(asked + 1)
    const loggedOut = tmb.logout()
    await loggedOut
    world.intercept('/bff/session', () => undefined)
    release()
    expect(await late).toEqual({ kind: 'none' })
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  })

  it('a worker that is ended in the middle of an answer is `backend_unavailable`, not silence', async () => {
    const { tmb, container, worker } = await openSignedPage(world)
    await tmb.ready
    container.control({ ...worker, fetch: async () => Promise.reject(new TypeError('ended')) })
    container.control(worker)
    await tmb.session()
    world.intercept('/bff/session', () => {
      throw new TypeError('ended')
    })
    await expect(tmb.session()).rejects.toMatchObject({ code: 'backend_unavailable' })
  })
})

describe('without one', () => {
  it.each([
    ['missing', undefined],
    ['refused', async () => Promise.reject(new Error('SecurityError'))],
    ['switched off without a word', async () => undefined],
  ])('service workers are %s: the page signs, at once', async (_, register) => {
    await world.signIn()
    const container = register && Object.assign(new FakeContainer(), { register })
    const { tmb } = openWorkerPage(world, { container } as object)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(tmb.signer).toBe('page')
    expect(await tmb.ready).toBe('page')
    expect((await tmb.authorize({ method: 'GET', url: `${API}/orders` })).dpop).toMatch(/^eyJ/)
    await tmb.renew()
    expect(tokenRequests()).toBe(2)
  })

  it('a worker that never comes is waited for three seconds, and no call waits', async () => {
    await world.signIn()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { tmb } = openWorkerPage(world)
    let signer: string | undefined
    void tmb.ready.then((known) => {
      signer = known
    })
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    await vi.advanceTimersByTimeAsync(2999)
    expect(signer).toBeUndefined()
    await vi.advanceTimersByTimeAsync(1)
    expect(signer).toBe('page')
  })

  it('one that comes later takes over, for the next call', async () => {
    await world.signIn()
    const { tmb, container, exchanges } = openWorkerPage(world)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(exchanges.map(({ url }) => url)).toContain(`${APP}/bff/token`)

    container.control(startWorker(world))
    expect(await tmb.ready).toBe('worker')
    const before = exchanges.length
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(exchanges.slice(before).map(({ url }) => url)).toEqual([`${API}/orders`])
  })

  it('one that goes away leaves the calls to the page', async () => {
    const { tmb, container } = await openSignedPage(world)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    container.control(undefined)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(tmb.signer).toBe('page')
  })

  it.each([
    ['that signs for other APIs', { resourceServers: [OTHER_API] }],
    ['that is stricter than the page', { fallback: 'refuse' }],
  ] as const)('a worker %s does not count', async (_, options) => {
    await world.signIn()
    const { tmb } = openWorkerPage(world, { worker: startWorker(world, options) })
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
    expect(tmb.signer).toBe('page')
  })

  it('a worker that knows nothing of all this does not count', async () => {
    await world.signIn()
    const other = startWorker(world)
    world.intercept('/bff/service-worker/options', () => reply({ error: 'not_found' }, 404))
    const { tmb } = openWorkerPage(world, { worker: { ...other, fetch: world.fetch } })
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(tmb.signer).toBe('page')
  })

  it('a page that was loaded past its worker asks that one to take it over', async () => {
    const { tmb, container } = openWorkerPage(world)
    await expect.poll(() => container.postMessage.mock.calls).toEqual([['tmb-claim']])
    container.control(startWorker(world))
    expect(await tmb.ready).toBe('worker')
  })

  it('registers the script of the application’s choice', async () => {
    const registration = { scope: '/app/', type: 'module' } as const
    const { container } = openWorkerPage(world, { workerUrl: '/app/worker.js', registration })
    expect(container.register).toHaveBeenCalledWith('/app/worker.js', registration)
    expect(openWorkerPage(world).container.register).toHaveBeenCalledWith('/sw.js', undefined)
  })
})

describe('BR-16: with `fallback: refuse`', () => {
  it('the page never signs and never asks for a token', async () => {
    await world.signIn()
    const container = new FakeContainer()
    Object.assign(container, { register: async () => Promise.reject(new Error('no')) })
    const { tmb } = openWorkerPage(world, {
      fallback: 'refuse',
      container: container as unknown as ServiceWorkerContainer,
    })
    const refusal = { code: 'service_worker_unavailable' }
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject(refusal)
    await expect(tmb.session()).rejects.toMatchObject(refusal)
    await expect(tmb.renew()).rejects.toMatchObject(refusal)
    await expect(tmb.authorize({ method: 'GET', url: API })).rejects.toMatchObject(refusal)
    expect(await tmb.ready).toBe('nobody')
    expect(tmb.signer).toBe('nobody')
    expect(tokenRequests()).toBe(0)
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  it('BR-29: in mode `handoff` the way back from the sign-in brings the token to the worker', async () => {
    const backend = runHandoff(world)
    backend.pending = await keyOf(world.openTab())
    const worker = startWorker(world, { fallback: 'refuse' })
    const { tmb, exchanges } = openWorkerPage(world, { worker, fallback: 'refuse' })
    expect(await tmb.session()).toMatchObject({ kind: 'active', claims: { sub: 'alice' } })
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(tokenRequests()).toBe(1)
    expect(exchanges.length).toBeGreaterThan(1)
    for (const { url, body } of exchanges) expect(body, url).not.toContain('token-1')
  })

  it('a first visit waits for the worker', async () => {
    await world.signIn()
    const { tmb, container, exchanges } = openWorkerPage(world, { fallback: 'refuse' })
    const call = tmb.fetch(`${API}/orders`)
    container.control(startWorker(world, { fallback: 'refuse' }))
    expect((await call).status).toBe(200)
    expect(exchanges.map(({ url }) => url)).not.toContain(`${APP}/bff/token`)
  })

  it('a worker that comes after the wait is taken all the same', async () => {
    await world.signIn()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { tmb, container } = openWorkerPage(world, { fallback: 'refuse' })
    await vi.advanceTimersByTimeAsync(3000)
    expect(await tmb.ready).toBe('nobody')
    container.control(startWorker(world, { fallback: 'refuse' }))
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('signing in and out work without a worker: they take no token', async () => {
    const { tmb, visited } = openWorkerPage(world, { fallback: 'refuse' })
    void tmb.login()
    await expect.poll(() => visited).toEqual([SIGN_IN_PAGE])
    await tmb.logout()
    expect(tokenRequests()).toBe(0)
  })
})
