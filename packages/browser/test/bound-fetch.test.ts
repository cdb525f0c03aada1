import { createTmb } from '@tmb-kit/browser'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  APP,
  challenge,
  claimsOf,
  createWorld,
  OTHER_API,
  proofOf,
  reply,
  settled,
  type World,
} from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

const wantsNonce = (nonce: string) => challenge('error="use_dpop_nonce"', { 'DPoP-Nonce': nonce })
const jtisOf = async (requests: readonly Request[]): Promise<readonly string[]> =>
  Promise.all(requests.map(async (request) => (await claimsOf(request)).jti))

describe('where a token may go', () => {
  it('BR-18: to the configured origin, and to nobody else', async () => {
    const { tmb } = await world.signIn()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    const before = world.requests.length
    for (const url of [
      `${OTHER_API}/orders`,
      'http://api.test/orders',
      'https://api.test:8443/orders',
      'https://api.test.evil.test/orders',
      'https://api.test@evil.test/orders',
      'https://evil.test/https://api.test/',
      'https://evil.test\\@api.test/',
      'data:,x',
      'blob:https://api.test/7d0e',
    ]) {
      await expect(tmb.fetch(url), url).rejects.toThrow()
      await expect(tmb.authorize({ method: 'GET', url }), url).rejects.toThrow()
    }
    expect(world.requests).toHaveLength(before)
    expect((await tmb.fetch('https://API.test:443/orders')).status).toBe(200)
  })

  it('BR-18: the refusal has a code', async () => {
    const { tmb } = await world.signIn()
    await expect(tmb.fetch(`${OTHER_API}/x`)).rejects.toMatchObject({ code: 'origin_not_allowed' })
  })

  it.each([
    'http://api.test',
    'http://localhost.evil.test',
    'http://127.0.0.1.evil.test',
    'http://a.localhost:x@evil.test',
    'https://api.test/v1',
    'ftp://api.test',
    'api.test',
    '*',
    '',
  ])('BR-18: %j is refused at construction', (origin) => {
    expect(() => createTmb({ resourceServers: [origin] })).toThrow(TypeError)
  })

  it.each([
    'https://api.test',
    'https://api.test/',
    'http://localhost:4002',
    'http://api.localhost',
    'http://127.0.0.1:1',
    'http://[::1]:4002',
  ])('BR-18: %j is taken', (origin) => {
    expect(() => createTmb({ resourceServers: [origin] })).not.toThrow()
  })

  it('BR-19: requests carry no cookies and follow no redirect, whatever the caller says', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`, { credentials: 'include', redirect: 'follow' })
    await tmb.fetch(new Request(`${API}/orders`, { credentials: 'include' }))
    for (const request of world.requestsTo('/orders')) {
      expect(request.credentials).toBe('omit')
      expect(request.redirect).toBe('error')
    }
  })

  it('BR-19: an API that redirects to a stranger sends neither token nor proof there', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', () => Response.redirect(`${OTHER_API}/steal`, 307))
    await expect(tmb.fetch(`${API}/orders`)).rejects.toThrow(TypeError)
    expect(world.requestsTo('/steal')).toHaveLength(0)
  })

  it.each(['Authorization', 'DPoP'])('a %s header of the caller’s own is refused', async (name) => {
    const { tmb } = await world.signIn()
    const headers = { [name]: 'x' }
    const refusal = { code: 'header_not_allowed' }
    await expect(tmb.fetch(`${API}/orders`, { headers })).rejects.toMatchObject(refusal)
    await expect(tmb.fetch(new Request(`${API}/orders`, { headers }))).rejects.toMatchObject(
      refusal,
    )
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  it('BR-14: the token is presented under the scheme DPoP', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`, { headers: { Accept: 'text/plain' } })
    const { headers } = world.requests.at(-1)!
    expect(headers.get('Authorization')).toBe('DPoP token-1')
    expect(headers.get('Accept')).toBe('text/plain')
  })
})

describe('proofs and nonces', () => {
  it('BR-10: each request has a proof of its own, repeated ones too', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/down', () => new Response(null, { status: 503 }))
    for (let count = 0; count < 5; count += 1) await tmb.fetch(`${API}/down`)
    const jtis = await jtisOf(world.requestsTo('/down'))
    expect(new Set(jtis).size).toBe(5)
  })

  it('BR-10: a request that failed on its way is not sent again by itself', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/lost', () => {
      throw new TypeError('network error')
    })
    for (const method of ['GET', 'POST']) {
      await expect(tmb.fetch(`${API}/lost`, { method })).rejects.toThrow(TypeError)
    }
    expect(world.requestsTo('/lost')).toHaveLength(2)
    expect(new Set(await jtisOf(world.requestsTo('/lost'))).size).toBe(2)
  })

  it('BR-11: the newest nonce is used, be it from a success or an error', async () => {
    const { tmb } = await world.signIn()
    const nonces = ['n1', 'n2', undefined, 'n3']
    let count = 0
    world.intercept('/orders', () => {
      const nonce = nonces[count]
      count += 1
      const headers = nonce === undefined ? {} : { 'DPoP-Nonce': nonce }
      return new Response(null, { status: count === 2 ? 403 : 200, headers })
    })
    for (let call = 0; call < 5; call += 1) await tmb.fetch(`${API}/orders`)
    const used = await Promise.all(
      world.requestsTo('/orders').map(async (request) => (await claimsOf(request)).nonce),
    )
    expect(used).toEqual([undefined, 'n1', 'n2', 'n2', 'n3'])
  })

  it('BR-12: each server sees its own nonces only', async () => {
    const { tmb } = await world.signIn({ resourceServers: [API, OTHER_API] })
    for (const [origin, nonce] of [
      [API, 'mine'],
      [OTHER_API, 'other'],
    ] as const) {
      world.intercept(`${origin}/n`, () => new Response(null, { headers: { 'DPoP-Nonce': nonce } }))
    }
    await tmb.fetch(`${API}/n`)
    await tmb.fetch(`${OTHER_API}/n`)
    await tmb.fetch(`${API}/n`)
    await tmb.fetch(`${OTHER_API}/n`)
    const used = await Promise.all(
      world.requestsTo('/n').map(async (request) => (await claimsOf(request)).nonce),
    )
    expect(used).toEqual([undefined, undefined, 'mine', 'other'])
  })

  it('BR-13: use_dpop_nonce is answered once, with the new nonce and a new proof', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', async (request) =>
      (await claimsOf(request)).nonce === 'n1' ? undefined : wantsNonce('n1'),
    )
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    const jtis = await jtisOf(world.requestsTo('/orders'))
    expect(jtis).toHaveLength(2)
    expect(new Set(jtis).size).toBe(2)
  })

  it('BR-13: an API that is never content gets two requests, and the caller a typed error', async () => {
    const { tmb } = await world.signIn()
    let count = 0
    world.intercept('/orders', () => wantsNonce(`n${(count += 1)}`))
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'use_dpop_nonce' })
    expect(world.requestsTo('/orders')).toHaveLength(2)
  })

  it('BR-13: parallel calls that all learn the same nonce are all repeated', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', async (request) =>
      (await claimsOf(request)).nonce === 'n1' ? undefined : wantsNonce('n1'),
    )
    const calls = Array.from({ length: 10 }, async () => tmb.fetch(`${API}/orders`))
    for (const response of await Promise.all(calls)) expect(response.status).toBe(200)
  })

  it.each(['PS256', 'PS256 EdDSA', 'es256', 'ES2567'])(
    'BR-22: an API that takes %s only is a typed error, and no loop',
    async (algs) => {
      const { tmb } = await world.signIn()
      for (const error of ['use_dpop_nonce', 'invalid_dpop_proof', 'invalid_token']) {
        const before = world.requestsTo('/orders').length
        const headers = { 'WWW-Authenticate': `DPoP error="${error}", algs="${algs}"` }
        world.intercept('/orders', () => reply({}, 401, { ...headers, 'DPoP-Nonce': 'n1' }))
        const code = 'algorithm_not_supported'
        await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code })
        expect(world.requestsTo('/orders').length - before).toBe(1)
      }
      world.intercept('/orders', () => undefined)
      expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    },
  )

  it('BR-22: a list that has the key’s algorithm, or no list, is fine', async () => {
    const { tmb } = await world.signIn()
    for (const field of ['DPoP algs="PS256 ES256"', 'DPoP', 'Bearer algs="PS256"']) {
      world.intercept('/orders', () => reply({}, 401, { 'WWW-Authenticate': field }))
      expect((await tmb.fetch(`${API}/orders`)).status).toBe(401)
    }
  })

  it('BR-22: a 401 for a proof that is not liked is handed over, not repeated', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', () => challenge('error="invalid_dpop_proof"'))
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(401)
    expect(world.requestsTo('/orders')).toHaveLength(1)
  })
})

describe('bodies', () => {
  const form = new FormData()
  form.set('name', 'value')
  form.set('file', new Blob(['\u0000\u00ff bytes']), 'file.bin')
  const stream = (): ReadableStream =>
    new ReadableStream({
      start: (controller) => {
        controller.enqueue(new TextEncoder().encode('in '))
        controller.enqueue(new TextEncoder().encode('parts'))
        controller.close()
      },
    })
  const BODIES: Readonly<Record<string, () => RequestInit['body']>> = {
    text: () => 'a text, ünicode too',
    URLSearchParams: () => new URLSearchParams({ a: '1', b: 'ü' }),
    'an ArrayBuffer': () => new Uint8Array([0, 255, 128, 10, 13]).buffer,
    'a typed array': () => new Uint8Array([1, 2, 3]),
    'a Blob': () => new Blob(['blob'], { type: 'text/x-blob' }),
    'a FormData': () => form,
    'a stream': stream,
    'one megabyte': () => 'x'.repeat(2 ** 20),
    nothing: () => undefined,
  }

  it.each(Object.entries(BODIES))(
    '%s arrives byte for byte, through a nonce and a token that was refused',
    async (_, body) => {
      const { tmb } = await world.signIn()
      let count = 0
      world.intercept('/orders', () => {
        count += 1
        if (count === 1) return wantsNonce('n1')
        return count === 2 ? challenge('error="invalid_token"') : undefined
      })
      const init = { method: 'POST', body: body(), duplex: 'half' } as RequestInit
      expect((await tmb.fetch(`${API}/orders`, init)).status).toBe(200)

      const sent = world.requestsTo('/orders')
      expect(sent).toHaveLength(3)
      const bodies = await Promise.all(
        sent.map(async (request) => Buffer.from(await request.arrayBuffer()).toString('hex')),
      )
      expect(new Set(bodies).size).toBe(1)
      expect(bodies[0] === '').toBe(body() === undefined)
      expect(new Set(sent.map(({ headers }) => headers.get('Content-Type'))).size).toBe(1)
    },
  )

  it('a Request given as the second argument counts whole, body included', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(
      `${API}/orders`,
      new Request(`${API}/elsewhere`, { method: 'POST', body: 'kept', duplex: 'half' } as object),
    )
    const [request] = world.requestsTo('/orders')
    expect(request!.method).toBe('POST')
    expect(await request!.text()).toBe('kept')
  })

  it('a body that was used already is refused, and nothing is sent', async () => {
    const { tmb } = await world.signIn()
    const request = new Request(`${API}/orders`, { method: 'POST', body: 'x' })
    await request.text()
    await expect(tmb.fetch(request)).rejects.toThrow(TypeError)
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })
})

describe('aborting', () => {
  it('rejects with the AbortError, and leaves the others their token', async () => {
    const { tmb } = await world.signIn()
    const release = hold('/bff/token')
    const controller = new AbortController()
    const aborted = tmb.fetch(`${API}/orders`, { signal: controller.signal })
    const other = tmb.fetch(`${API}/orders`)
    await settled()
    controller.abort()
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' })
    release()
    expect((await other).status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    expect(world.requestsTo('/orders')).toHaveLength(1)
  })

  it('before the call: nothing is sent to the API', async () => {
    const { tmb } = await world.signIn()
    const signal = AbortSignal.abort()
    await expect(tmb.fetch(`${API}/orders`, { signal })).rejects.toMatchObject({
      name: 'AbortError',
    })
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  it('keeps the reason that the caller gave', async () => {
    const { tmb } = await world.signIn()
    hold('/bff/token')
    const controller = new AbortController()
    const call = tmb.fetch(`${API}/orders`, { signal: controller.signal })
    const reason = new Error('enough')
    controller.abort(reason)
    await expect(call).rejects.toBe(reason)
  })

  it('while the API thinks: the request is aborted', async () => {
    const { tmb } = await world.signIn()
    const controller = new AbortController()
    const arrived = new Promise((resolve) =>
      world.intercept('/orders', async (request) => {
        resolve(undefined)
        await new Promise((_, reject) => {
          request.signal.addEventListener('abort', () => reject(request.signal.reason as Error))
        })
        return undefined
      }),
    )
    const call = tmb.fetch(`${API}/orders`, { signal: controller.signal })
    await arrived
    controller.abort()
    await expect(call).rejects.toMatchObject({ name: 'AbortError' })
  })
})

describe('aborting, and the others', () => {
  it('fifty calls that wait for one token: those that give up take none of the others along', async () => {
    const { tmb } = await world.signIn()
    const release = hold('/bff/token')
    const controller = new AbortController()
    const { signal } = controller
    const calls = Array.from({ length: 50 }, async (_, n) =>
      tmb.fetch(`${API}/orders`, n % 2 === 0 ? { signal } : {}),
    )
    const outcomes = Promise.allSettled(calls)
    await vi.waitFor(() => expect(world.requestsTo('/bff/token')).toHaveLength(1))
    controller.abort()
    release()
    const states = (await outcomes).map(({ status }) => status)
    expect(states.filter((status) => status === 'fulfilled')).toHaveLength(25)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
    expect(world.requestsTo('/orders')).toHaveLength(25)
  })
})

describe('authorize', () => {
  it('gives the two headers for a request that something else sends', async () => {
    const { tmb } = await world.signIn()
    const { authorization, dpop } = await tmb.authorize({ method: 'get', url: `${API}/a?b#c` })
    expect(authorization).toBe('DPoP token-1')
    const { claims } = await proofOf(new Request(API, { headers: { DPoP: dpop } }))
    expect(claims).toMatchObject({ htm: 'GET', htu: `${API}/a` })
  })

  it('BR-30: answers no message of another context, and signs for nothing but the allow-list', async () => {
    const { tmb } = await world.signIn()
    expect(Object.keys(tmb).toSorted()).toEqual([
      'authorize',
      'fetch',
      'login',
      'logout',
      'on',
      'renew',
      'session',
    ])
    const heard = vi.fn()
    const channel = new BroadcastChannel(`${APP}/bff`)
    channel.onmessage = heard
    for (const message of [
      { htm: 'GET', htu: `${API}/orders` },
      { type: 'sign', url: `${API}/orders`, method: 'GET' },
      'sign',
      [1, 2, 3],
      0,
    ]) {
      channel.postMessage(message)
    }
    await settled()
    channel.close()
    expect(heard).not.toHaveBeenCalled()
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })
})

describe('the captured fetch', () => {
  it('BR-33: is the one of the moment when the object was made', async () => {
    const own = vi.fn(world.fetch)
    vi.stubGlobal('fetch', own)
    const { tmb } = world.openTab()
    const { clock } = world
    const plain = createTmb({ resourceServers: [API], backendUrl: `${APP}/bff`, clock })
    const poisoned = vi.fn()
    vi.stubGlobal('fetch', poisoned)
    await plain.session()
    await tmb.session()
    vi.unstubAllGlobals()
    expect(own).toHaveBeenCalledTimes(1)
    expect(poisoned).not.toHaveBeenCalled()
  })
})

/** Lets requests to a path arrive, and answers them when told. */
function hold(path: string): () => void {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  world.intercept(path, async () => {
    await held
    return undefined
  })
  return () => release()
}
