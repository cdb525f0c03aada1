import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteDatabases, readRecords } from './support/records.js'
import { API, challenge, createWorld, keyOf, reply, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

describe('logout', () => {
  it('BR-26: the key is gone from the store, and the backend told', async () => {
    const { tmb } = await world.signIn()
    await tmb.logout()
    expect(await readRecords()).toEqual([])
    expect(world.backend.session).toBeUndefined()
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  const FAILURES: Readonly<Record<string, () => Response>> = {
    'is not reached': () => {
      throw new TypeError('network error')
    },
    'is down': () => reply({ error: 'as_unavailable' }, 503),
    refuses: () => reply({ error: 'csrf_rejected' }, 403),
  }
  it.each(Object.entries(FAILURES))(
    'BR-26: also when the backend %s; the caller is told',
    async (_, fail) => {
      const { tmb } = await world.signIn()
      await tmb.fetch(`${API}/orders`)
      world.intercept('/bff/logout', fail)
      await expect(tmb.logout()).rejects.toMatchObject({ name: 'TmbError' })
      expect(await readRecords()).toEqual([])
      await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
      expect(world.requestsTo('/orders')).toHaveLength(1)
    },
  )

  it('BR-26: the other tab’s next call fails before anything is sent, and its page is told once', async () => {
    const first = await world.signIn()
    const second = world.openTab()
    expect(await second.tmb.session()).toMatchObject({ kind: 'active' })
    await second.tmb.fetch(`${API}/orders`)
    const ended = vi.fn()
    second.tmb.on('sessionended', ended)

    await first.tmb.logout()
    await vi.waitFor(() => expect(ended).toHaveBeenCalledTimes(1))
    const before = world.requests.length
    await expect(second.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await expect(second.tmb.authorize({ method: 'GET', url: API })).rejects.toMatchObject({
      code: 'no_session',
    })
    await expect(second.tmb.renew()).rejects.toMatchObject({ code: 'no_session' })
    expect(world.requests).toHaveLength(before)
    expect(ended).toHaveBeenCalledTimes(1)
  })

  it('BR-32: there is a new key afterwards, in every tab the same', async () => {
    const first = await world.signIn()
    const second = world.openTab()
    const before = await keyOf(second)
    await first.tmb.logout()
    const after = await keyOf(first)
    expect(after).not.toBe(before)
    await vi.waitFor(async () => expect(await keyOf(second)).toBe(after))
  })

  it('goes to the end-session page when there is one', async () => {
    const { tmb, visited } = await world.signIn()
    world.intercept('/bff/logout', () => reply({ end_session_url: 'https://as.test/end?x=1' }))
    await tmb.logout()
    expect(visited).toEqual(['https://as.test/end?x=1'])
  })

  it('stays where it is when that is asked for', async () => {
    const { tmb, visited } = await world.signIn()
    world.intercept('/bff/logout', () => reply({ end_session_url: 'https://as.test/end?x=1' }))
    await tmb.logout({ navigate: false })
    expect(visited).toEqual([])
    expect(await readRecords()).toEqual([])
  })

  it.each(['javascript:alert(1)', 'http://as.test/end', 7])('but not to %j', async (url) => {
    const { tmb, visited } = await world.signIn()
    world.intercept('/bff/logout', () => reply({ end_session_url: url }))
    await expect(tmb.logout()).rejects.toMatchObject({ code: 'url_refused' })
    expect(visited).toEqual([])
  })
})

describe('late answers', () => {
  it('a token that arrives after the sign-out is never used', async () => {
    const { tmb } = await world.signIn()
    const release = hold('/bff/token')
    const refused = expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await vi.waitFor(() => {
      expect(world.requestsTo('/bff/token')).toHaveLength(1)
    })
    await tmb.logout()
    release()
    await refused
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    expect(world.requestsTo('/orders')).toHaveLength(0)
  })

  it('a session that was alive when asked is not reported after the sign-out', async () => {
    const { tmb } = await world.signIn()
    const answer = { active: true, claims: {}, jkt: world.backend.session!.jkt, expires_at: 1 }
    const release = hold('/bff/session', () => (isFirst() ? reply(answer) : undefined))
    const isFirst = once()
    const looks = world.requestsTo('/bff/session').length
    const look = tmb.session()
    await vi.waitFor(() => {
      expect(world.requestsTo('/bff/session')).toHaveLength(looks + 1)
    })
    await tmb.logout()
    release()
    expect(await look).toEqual({ kind: 'none' })
  })

  it('a look at the session during the sign-out does not bring it back', async () => {
    const { tmb } = await world.signIn()
    const release = hold('/bff/logout')
    const leaving = tmb.logout()
    await vi.waitFor(async () => {
      expect(await readRecords()).toEqual([])
    })
    expect(await tmb.session()).toMatchObject({ kind: 'reauthenticate' })
    release()
    await leaving
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
  })

  it('a request that waits for its second chance is not sent after the sign-out', async () => {
    const { tmb } = await world.signIn()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    world.intercept('/orders', async () => {
      await held
      return challenge('error="use_dpop_nonce"', { 'DPoP-Nonce': 'n1' })
    })
    const refused = expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    await vi.waitFor(() => {
      expect(world.requestsTo('/orders')).toHaveLength(1)
    })
    await tmb.logout()
    release()
    await refused
    expect(world.requestsTo('/orders')).toHaveLength(1)
  })

  it('nonces are forgotten with the session', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/orders', () => new Response(null, { headers: { 'DPoP-Nonce': 'n1' } }))
    await tmb.fetch(`${API}/orders`)
    await tmb.logout()
    const again = await keyOf(world.openTab())
    world.backend.session = { jkt: again, sub: 'bob' }
    expect(await tmb.session()).toMatchObject({ kind: 'active', claims: { sub: 'bob' } })
    await tmb.fetch(`${API}/orders`)
    const { dpop } = Object.fromEntries(world.requests.at(-1)!.headers) as { dpop: string }
    const claims = JSON.parse(Buffer.from(dpop.split('.')[1]!, 'base64url').toString()) as object
    expect(claims).not.toHaveProperty('nonce')
  })
})

describe('another tab', () => {
  it('that made a new key tells this one', async () => {
    const { tmb } = await world.signIn()
    const replaced = vi.fn()
    tmb.on('keyreplaced', replaced)
    await deleteDatabases()
    const key = await keyOf(world.openTab())
    await vi.waitFor(() => expect(replaced).toHaveBeenCalledTimes(1))
    expect(await tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_mismatch' })
    world.backend.session = { jkt: key, sub: 'alice' }
    expect(await tmb.session()).toMatchObject({ kind: 'active', jkt: key })
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
  })
})

function hold(path: string, answer: () => Response | undefined = () => undefined): () => void {
  let release = (): void => undefined
  const held = new Promise<void>((resolve) => (release = resolve))
  world.intercept(path, async () => {
    const early = answer()
    await held
    return early
  })
  return () => release()
}

function once(): () => boolean {
  let isFirst = true
  return () => {
    const result = isFirst
    isFirst = false
    return result
  }
}
