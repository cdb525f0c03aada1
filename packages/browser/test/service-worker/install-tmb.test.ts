import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import {
  API,
  APP,
  challenge,
  claimsOf,
  createWorld,
  OTHER_API,
  proofOf,
  reply,
  type World,
} from '../support/world.js'
import { startWorker } from './support/worker.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

const lastTo = (path: string): Request => world.requestsTo(path).at(-1)!

describe('what is signed', () => {
  it('issue 5 item 7: a plain request to a configured API, with a proof by the key of the pages', async () => {
    await world.signIn()
    const worker = startWorker(world)
    expect((await worker.fetch(`${API}/orders?page=2`)).status).toBe(200)

    const sent = lastTo('/orders')
    expect(sent.headers.get('Authorization')).toBe('DPoP token-1')
    expect(await proofOf(sent)).toMatchObject({
      jkt: world.backend.session!.jkt,
      claims: { htm: 'GET', htu: `${API}/orders` },
    })
  })

  it.each([
    ['an image', { mode: 'no-cors', destination: 'image' }],
    ['a sound', { mode: 'no-cors', destination: 'audio' }],
    ['a video', { mode: 'no-cors', destination: 'video' }],
    ['subtitles', { mode: 'cors', destination: 'track' }],
    ['an image with crossorigin', { mode: 'cors', destination: 'image' }],
    ['an event source', { mode: 'cors', headers: { Accept: 'text/event-stream' } }],
    ['a POST of fetch', { mode: 'cors', method: 'POST', body: '{}' }],
    ['a HEAD that asks for no permission', { mode: 'no-cors', method: 'HEAD' }],
  ] as const)('issue 5 item 7: %s', async (_, init) => {
    await world.signIn()
    const worker = startWorker(world)
    expect((await worker.fetch(`${API}/thing`, init)).status).toBe(200)
    expect(lastTo('/thing').headers.get('Authorization')).toBe('DPoP token-1')
  })

  it('BR-19: an image’s request becomes a cors request without cookies that follows nothing', async () => {
    await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(new Request(`${API}/photo`, { mode: 'no-cors', credentials: 'include' }), {
      destination: 'image',
    })
    expect(lastTo('/photo')).toMatchObject({ mode: 'cors', credentials: 'omit', redirect: 'error' })
    expect(lastTo('/photo').headers.get('DPoP')).not.toBeNull()
  })

  it('BR-19: a redirect of the API is an error, and sends nothing anywhere', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/moved', () => Response.redirect(`${OTHER_API}/steal`, 307))
    await expect(worker.fetch(`${API}/moved`)).rejects.toThrow(TypeError)
    expect(world.requestsTo('/steal')).toHaveLength(0)
  })

  it('a range, a method, headers and a body stay what they are', async () => {
    await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(`${API}/video`, {
      headers: { Range: 'bytes=100-', 'If-Range': '"v1"' },
      mode: 'no-cors',
      destination: 'video',
    })
    expect(lastTo('/video').headers.get('Range')).toBe('bytes=100-')
    expect(lastTo('/video').headers.get('If-Range')).toBe('"v1"')

    const body = new Uint8Array([0, 255, 13, 10])
    await worker.fetch(`${API}/upload`, {
      method: 'PUT',
      body,
      headers: { 'Content-Type': 'x/y', Accept: 'a/b' },
    })
    const sent = lastTo('/upload')
    expect(sent.method).toBe('PUT')
    expect([...sent.headers.keys()].toSorted()).toEqual(
      ['accept', 'authorization', 'content-type', 'dpop'].toSorted(),
    )
    expect(new Uint8Array(await sent.arrayBuffer())).toEqual(body)
  })

  describe('a stream of events', () => {
    const text = new TextDecoder()
    /** Answers with a stream that only the test goes on with. */
    const serveEvents = (): { say(text: string): void; fail(): void; cancelled(): boolean } => {
      let controller: ReadableStreamDefaultController | undefined
      let isCancelled = false
      world.intercept('/events', ({ signal }) => {
        signal.addEventListener('abort', () => {
          isCancelled = true
        })
        const body = new ReadableStream({
          start: (started) => {
            controller = started
          },
          cancel: () => {
            isCancelled = true
          },
        })
        return new Response(body, {
          headers: { 'Content-Type': 'text/event-stream; charset=utf-8' },
        })
      })
      return {
        say: (said) => controller!.enqueue(new TextEncoder().encode(said)),
        fail: () => controller!.error(new TypeError('cut off')),
        cancelled: () => isCancelled,
      }
    }
    afterEach(() => {
      vi.useRealTimers()
    })

    it('is handed on as it comes', async () => {
      await world.signIn()
      const events = serveEvents()
      const response = await startWorker(world).fetch(`${API}/events`)
      expect(response.headers.get('Content-Type')).toContain('text/event-stream')
      const reader = response.body!.getReader()
      for (const said of ['data: one\n\n', 'data: two\n\n']) {
        events.say(said)
        expect(text.decode((await reader.read()).value as Uint8Array)).toBe(said)
      }
      await reader.cancel()
      await expect.poll(events.cancelled).toBe(true)
    })

    it('ends when the page lets go of its request', async () => {
      await world.signIn()
      const events = serveEvents()
      const leaving = new AbortController()
      const { signal } = leaving
      await startWorker(world).fetch(`${API}/events`, { signal })
      leaving.abort()
      await expect.poll(events.cancelled).toBe(true)
    })

    it('is ended in good order before the browser would cut it off', async () => {
      await world.signIn()
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
      const events = serveEvents()
      const response = await startWorker(world).fetch(`${API}/events`)
      const reader = response.body!.getReader()
      await vi.advanceTimersByTimeAsync(239_999)
      events.say('data: still there\n\n')
      expect((await reader.read()).done).toBe(false)
      await vi.advanceTimersByTimeAsync(1)
      expect(await reader.read()).toEqual({ done: true, value: undefined })
      await expect.poll(events.cancelled).toBe(true)
    })

    it('that the network cuts off is cut off for the page', async () => {
      await world.signIn()
      const events = serveEvents()
      const response = await startWorker(world).fetch(`${API}/events`)
      events.fail()
      await expect(response.text()).rejects.toThrow('cut off')
    })

    it('other answers are not touched, however long they take', async () => {
      await world.signIn()
      const answer = new Response('a video', { headers: { 'Content-Type': 'video/mp4' } })
      world.intercept('/video', () => answer)
      expect(await startWorker(world).fetch(`${API}/video`)).toBe(answer)
    })
  })
})

describe('what is not signed', () => {
  const OWN: Readonly<Record<string, Record<string, string>>> = {
    Authorization: { Authorization: 'Bearer theirs' },
    DPoP: { DPoP: 'theirs' },
  }
  it.each([
    ['BR-18: another API', `${OTHER_API}/x`, {}],
    ['BR-18: the API over http', 'http://api.test/x', {}],
    ['BR-18: another port of the API', 'https://api.test:8443/x', {}],
    ['BR-18: a host that begins like the API', 'https://api.test.evil.test/x', {}],
    ['BR-18: the application’s own files', `${APP}/logo.png`, { destination: 'image' }],
    ['a navigation', `${API}/x`, { mode: 'navigate', destination: 'document' }],
    ['a frame', `${API}/x`, { mode: 'navigate', destination: 'iframe' }],
    ['a script', `${API}/x.js`, { mode: 'no-cors', destination: 'script' }],
    ['a module', `${API}/x.js`, { mode: 'cors', destination: 'script' }],
    ['a style sheet', `${API}/x.css`, { mode: 'no-cors', destination: 'style' }],
    ['an embedded object', `${API}/x`, { mode: 'no-cors', destination: 'object' }],
    ['the ping of a link', `${API}/x`, { mode: 'no-cors', method: 'POST' }],
    ['a request with its own Authorization', `${API}/x`, { headers: OWN['Authorization'] }],
    ['a request with its own DPoP', `${API}/x`, { headers: OWN['DPoP'] }],
    ['the backend', `${APP}/bff/session`, {}],
    ['the backend’s tokens, where the page may fall back', `${APP}/bff/token`, { method: 'POST' }],
  ] as const)('%s', async (_, url, init) => {
    await world.signIn()
    const worker = startWorker(world)
    expect(worker.leaves(`${API}/x`)).toBe(false)
    expect(worker.leaves(url, init as RequestInit)).toBe(true)
    expect(worker.leaves(`${API}/x`)).toBe(false)
  })

  it.each(['http://api.test', 'https://api.test/v1', '*', APP])(
    'BR-18: %j is refused as a resource server',
    (origin) => {
      expect(() => startWorker(world, { resourceServers: [origin] })).toThrow(TypeError)
    },
  )

  it.each([{ fallbak: 'refuse' }, { fallback: 'never' }, { stepUp: 'navigate' }])(
    'an option that there is not is refused: %j',
    (options) => {
      expect(() => startWorker(world, options as object)).toThrow(TypeError)
      expect(() => startWorker(world, { fallback: 'refuse' })).not.toThrow()
    },
  )

  it('other listeners of the worker get everything else, and nothing that is signed', async () => {
    await world.signIn()
    const worker = startWorker(world)
    const seen: string[] = []
    worker.scope.addEventListener('fetch', ({ request }) => void seen.push(request.url))
    await worker.fetch(`${API}/orders`)
    expect(worker.leaves(`${APP}/logo.png`)).toBe(true)
    expect(seen).toEqual([`${APP}/logo.png`])
  })

  it('BR-30: no message makes it sign, or say anything', async () => {
    await world.signIn()
    const worker = startWorker(world)
    const before = world.requests.length
    const { port1, port2 } = new MessageChannel()
    const told: unknown[] = []
    port2.onmessage = ({ data }) => void told.push(data)
    for (const data of [
      undefined,
      'token',
      'sign',
      { method: 'GET', url: `${API}/orders` },
      { htm: 'GET', htu: `${API}/orders`, ath: 'x' },
      { type: 'authorize', method: 'GET', url: `${API}/orders` },
      port1,
    ]) {
      await worker.tell('message', data)
    }
    port1.close()
    port2.close()
    expect(told).toEqual([])
    expect(world.requests).toHaveLength(before)
    expect(worker.claim).not.toHaveBeenCalled()
  })
})

describe('BR-16: the token stays in the worker', () => {
  const tokenRequest = { method: 'POST', body: '{}' }

  it.each([
    `${APP}/bff/token`,
    `${APP}/bff/token?x=1`,
    `${APP}/bff/%74oken`,
    `${APP}/%62ff/token`,
    `${APP}/x/../bff/./token`,
  ])('with `fallback: refuse` no page gets one from %s', async (url) => {
    await world.signIn()
    const worker = startWorker(world, { fallback: 'refuse' })
    expect((await worker.fetch(`${API}/orders`)).status).toBe(200)
    const before = world.requestsTo('/bff/token').length

    const response = await worker.fetch(url, tokenRequest)
    expect(await response.json()).toEqual({ error: 'csrf_rejected' })
    expect(world.requestsTo('/bff/token')).toHaveLength(before)
    expect((await worker.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('what the page may ask the worker itself holds neither token nor proof', async () => {
    await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(`${API}/orders`)
    for (const command of ['options', 'session', 'renew']) {
      const answer = await worker.fetch(`${APP}/bff/service-worker/${command}`)
      expect(answer.status, command).toBe(200)
      expect(await answer.text(), command).not.toMatch(/token-|eyJ/)
      expect([...answer.headers.keys()].join(), command).not.toMatch(/authorization|dpop/)
    }
    for (const other of ['token', 'authorize', 'constructor', 'session/x', '']) {
      expect(worker.leaves(`${APP}/bff/service-worker/${other}`), other).toBe(true)
    }
  })

  it('nothing that the API refused carries it back', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/orders', () => challenge('error="invalid_dpop_proof"'))
    const response = await worker.fetch(`${API}/orders`)
    expect(response.status).toBe(401)
    expect(JSON.stringify([...response.headers])).not.toContain('token-')
  })
})

describe('memory that may be lost at any time', () => {
  it('BR-20: fifty requests at once ask for one token', async () => {
    await world.signIn()
    const worker = startWorker(world)
    const calls = Array.from({ length: 50 }, async () => worker.fetch(`${API}/orders`))
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
  })

  it('BR-20: fifty requests with a token that the API takes no more ask for one more', async () => {
    await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(`${API}/orders`)
    world.intercept('/orders', ({ headers }) =>
      headers.get('Authorization') === 'DPoP token-1'
        ? challenge('error="invalid_token"')
        : undefined,
    )
    const calls = Array.from({ length: 50 }, async () => worker.fetch(`${API}/orders`))
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
  })

  it('a worker that was ended and restarted asks for a token again, with the same key', async () => {
    await world.signIn()
    await startWorker(world).fetch(`${API}/orders`)
    const restarted = startWorker(world)
    const calls = Array.from({ length: 5 }, async () => restarted.fetch(`${API}/orders`))
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200)

    expect(world.requestsTo('/bff/token')).toHaveLength(2)
    const proofs = await Promise.all(world.requestsTo('/orders').map(proofOf))
    expect(new Set(proofs.map(({ jkt }) => jkt))).toEqual(new Set([world.backend.session!.jkt]))
    expect(lastTo('/orders').headers.get('Authorization')).toBe('DPoP token-2')
  })

  it('BR-13: the nonce of the API is learned, and used for the next one', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/orders', async (request) =>
      (await claimsOf(request)).nonce === 'n1'
        ? undefined
        : challenge('error="use_dpop_nonce"', { 'DPoP-Nonce': 'n1' }),
    )
    await worker.fetch(`${API}/orders`)
    await worker.fetch(`${API}/orders`)
    expect(world.requestsTo('/orders')).toHaveLength(3)
  })

  it('takes the pages over when it is activated, and when one asks', async () => {
    const worker = startWorker(world)
    await worker.tell('activate')
    expect(worker.claim).toHaveBeenCalledTimes(1)
    await worker.tell('message', 'tmb-claim')
    expect(worker.claim).toHaveBeenCalledTimes(2)
  })
})

describe('who is signed in', () => {
  it('BR-26: a sign-out in a page reaches it, and a sign-in after it too', async () => {
    const tab = await world.signIn()
    const worker = startWorker(world)
    expect((await worker.fetch(`${API}/orders`)).status).toBe(200)
    await tab.tmb.logout()
    await expect.poll(async () => (await worker.fetch(`${API}/orders`)).status).toBe(401)
    const sent = world.requestsTo('/orders').length
    const refused = await worker.fetch(`${API}/orders`)
    expect(await refused.json()).toEqual({ error: 'no_session' })
    expect(world.requestsTo('/orders')).toHaveLength(sent)

    await world.signIn()
    expect((await worker.fetch(`${API}/orders`)).status).toBe(200)
    expect((await proofOf(lastTo('/orders'))).jkt).toBe(world.backend.session!.jkt)
  })

  it('another user’s sign-in comes back as a navigation: the first one’s token is not used again', async () => {
    await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(`${API}/orders`)
    world.backend.session = { ...world.backend.session!, sub: 'bob' }
    expect(worker.leaves(`${APP}/bff/callback?code=x`, { mode: 'navigate' })).toBe(true)
    await worker.fetch(`${API}/orders`)
    const used = world.requestsTo('/orders').map(({ headers }) => headers.get('Authorization'))
    expect(used).toEqual(['DPoP token-1', 'DPoP token-2'])
  })

  it('a navigation of one page costs the others’ calls nothing but a token', async () => {
    await world.signIn()
    const worker = startWorker(world)
    let release: () => void = () => undefined
    const gate = new Promise<void>((resolve) => {
      release = resolve
    })
    world.intercept('/bff/token', async () => {
      await gate
      return undefined
    })
    const call = worker.fetch(`${API}/orders`)
    await expect.poll(() => world.requestsTo('/bff/token').length).toBe(1)
    worker.leaves(`${APP}/`, { mode: 'navigate' })
    release()
    expect((await call).status).toBe(200)
  })

  it('the pages are told once when the backend says that the session is over', async () => {
    const tab = await world.signIn()
    const worker = startWorker(world)
    await worker.fetch(`${API}/orders`)
    let ended = 0
    const told = new Promise<void>((resolve) => {
      tab.tmb.on('sessionended', () => {
        ended += 1
        resolve()
      })
    })
    world.backend.session = undefined
    world.intercept('/orders', () => challenge('error="invalid_token"'))
    expect((await worker.fetch(`${API}/orders`)).status).toBe(401)
    await told
    await worker.fetch(`${API}/orders`)
    expect(ended).toBe(1)
  })
})

describe('what the page sees when it cannot be signed', () => {
  it.each([
    ['no_session', 401, 401],
    ['key_mismatch', 409, 503],
    ['as_unavailable', 503, 503],
    ['slow_down', 429, 503],
    ['binding_not_applied', 502, 503],
  ])('%s of the backend is an answer with that word', async (error, status, seen) => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/bff/token', () => reply({ error }, status))
    const response = await worker.fetch(`${API}/orders`)
    expect(response.status).toBe(seen)
    expect(await response.json()).toEqual({ error })
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  it('BR-28: what the backend wants of the next sign-in comes along', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/bff/token', () =>
      reply({ error: 'login_required', acr_values: 'gold', max_age: 5 }, 401),
    )
    expect(await (await worker.fetch(`${API}/orders`)).json()).toEqual({
      error: 'login_required',
      acr_values: 'gold',
      max_age: 5,
    })
  })

  it('BR-28: a step-up challenge of the API is handed over as it is', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/vault', () => challenge('error="insufficient_user_authentication"'))
    const response = await worker.fetch(`${API}/vault`)
    expect(response.headers.get('WWW-Authenticate')).toContain('insufficient_user_authentication')
  })

  it('a failure of the network stays one', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/lost', () => {
      throw new TypeError('network error')
    })
    await expect(worker.fetch(`${API}/lost`)).rejects.toThrow(TypeError)
    expect(world.requestsTo('/lost')).toHaveLength(1)
  })

  it('an event source gets a network error for what passes, since it comes back after no other', async () => {
    await world.signIn()
    const worker = startWorker(world)
    world.intercept('/bff/token', () => reply({ error: 'as_unavailable' }, 503))
    const headers = { Accept: 'text/event-stream' }
    expect((await worker.fetch(`${API}/events`, { headers })).type).toBe('error')
    world.intercept('/bff/token', () => reply({ error: 'no_session' }, 401))
    expect((await worker.fetch(`${API}/events`, { headers })).status).toBe(401)
  })
})
