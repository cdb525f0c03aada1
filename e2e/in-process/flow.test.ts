import 'fake-indexeddb/auto'
import { createProof } from '@tmb-kit/core'
import { generateProofKey } from '@tmb-kit/testkit'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { API, startWorld, type World } from './support/world.js'

/** oidc-provider reads the clock of the process, so that is the one that is set. */
const START = Date.UTC(2027, 0, 15, 8)

const advance = (seconds: number): void => {
  vi.setSystemTime(Date.now() + seconds * 1000)
}

let world: World

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  globalThis.indexedDB = new IDBFactory()
})

afterEach(async () => {
  await world.close()
  vi.useRealTimers()
})

describe('all four roles in one process', () => {
  it('signs in, calls, renews, and signs out', async () => {
    world = await startWorld()
    const { page, signIn } = world
    expect(await page.tmb.session()).toEqual({ kind: 'none' })

    expect((await signIn()).href).toBe('https://app.test/')
    const session = await page.tmb.session()
    expect(session).toMatchObject({ kind: 'active', claims: { sub: 'alice' } })
    const jkt = session.kind === 'active' ? session.jkt : ''

    const answer = await page.tmb.fetch(`${API}/orders`)
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({ for: 'alice', boundTo: jkt })

    advance(301)
    expect((await page.tmb.fetch(`${API}/orders`)).status).toBe(200)
    const tokenCalls = page.exchanges.filter(({ request }) => request.url.endsWith('/bff/token'))
    expect(tokenCalls).toHaveLength(2)
    expect(world.events.map(({ type }) => type)).toContain('access_token_issued')

    const signedOutAt = await page.navigateBy(async () => page.tmb.logout())
    expect(signedOutAt.pathname).toBe('/session/end')
    expect(signedOutAt.searchParams.get('post_logout_redirect_uri')).toBe('https://app.test/')
    expect(await page.tmb.session()).toEqual({ kind: 'none' })
  })

  it('T-01: the stolen token is worth nothing without the key', async () => {
    world = await startWorld()
    const { page, signIn } = world
    await signIn()
    const { authorization } = await page.tmb.authorize({ method: 'GET', url: `${API}/orders` })
    const accessToken = authorization.slice('DPoP '.length)
    for (const scheme of ['DPoP', 'Bearer', 'Basic', 'Token']) {
      const headers = { Authorization: `${scheme} ${accessToken}` }
      const refused = await page.sendFromElsewhere(new Request(`${API}/orders`, { headers }))
      expect(refused.status, scheme).toBe(401)
    }
    expect((await page.tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('LO-10, T-25: after a sign-out the token that was kept is of no use without the key', async () => {
    world = await startWorld()
    const { page, signIn } = world
    await signIn()
    const kept = await page.tmb.authorize({ method: 'GET', url: `${API}/orders` })
    const accessToken = kept.authorization.slice('DPoP '.length)
    const replay = async (dpop: string | undefined): Promise<number> => {
      const headers = { Authorization: kept.authorization, ...(dpop === undefined ? {} : { dpop }) }
      return (await page.sendFromElsewhere(new Request(`${API}/orders`, { headers }))).status
    }
    // Before: the proof that goes with it is good once, wherever it comes from.
    expect(await replay(kept.dpop)).toBe(200)
    await page.navigateBy(async () => page.tmb.logout())

    const request = { htm: 'GET', htu: `${API}/orders`, accessToken }
    const foreign = await createProof({ proofKey: await generateProofKey(), ...request })
    for (const dpop of [undefined, kept.dpop, foreign]) expect(await replay(dpop)).toBe(401)
    await expect(page.tmb.authorize({ method: 'GET', url: `${API}/orders` })).rejects.toMatchObject(
      {
        code: 'no_session',
      },
    )
  })

  it('T-24: the refresh token, known to nobody but the backend, is in nothing that the page saw', async () => {
    world = await startWorld()
    const { page, signIn } = world
    await signIn()
    await page.tmb.fetch(`${API}/orders`)
    await page.tmb.renew()
    await page.navigateBy(async () => page.tmb.logout())
    expect(page.exchanges.length).toBeGreaterThanOrEqual(4)
    for (const { body, response } of page.exchanges) {
      expect(body).not.toMatch(/refresh_token|id_token|code_verifier/)
      expect(JSON.stringify([...response.headers])).not.toMatch(/refresh_token|id_token|eyJ/)
    }
  })
})

describe('T-18: an authorization server that says it binds, and does not', () => {
  it('CC-11: gets its tokens revoked, and the page gets none', async () => {
    world = await startWorld({ behaviour: 'claims-to-bind' })
    const { page, signIn } = world
    const back = await signIn()
    expect(back.searchParams.get('error')).toBe('binding_not_applied')
    expect(await page.tmb.session()).toEqual({ kind: 'none' })
    await expect(page.tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'no_session' })
    expect(JSON.stringify(world.events)).toContain('binding_not_applied')
  })
})
