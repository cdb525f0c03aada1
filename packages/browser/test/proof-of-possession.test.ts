import { ProofError, verifyProof } from '@tmb-kit/core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { deleteDatabases } from './support/records.js'
import { API, APP, createWorld, keyOf, reply, type World } from './support/world.js'

let world: World
let nonce: string
beforeEach(() => {
  world = createWorld()
  nonce = 'own-1'
  for (const [endpoint, method] of [
    ['session', 'GET'],
    ['login', 'POST'],
    ['token', 'POST'],
  ] as const) {
    world.intercept(`/bff/${endpoint}`, async (request) => judge(request, endpoint, method))
  }
})

const seen = new Set<string>()

/** What a backend with `proofOfPossession: 'required'` says before it answers as usual. */
async function judge(
  request: Request,
  endpoint: string,
  htm: string,
): Promise<Response | undefined> {
  const headers = { 'DPoP-Nonce': nonce, Date: new Date(world.clock() * 1000).toUTCString() }
  try {
    const { claims, jkt } = await verifyProof(request.headers.get('DPoP') ?? '', {
      htm,
      htu: `${APP}/bff/${endpoint}`,
      clock: world.clock,
    })
    expect(claims.ath).toBeUndefined()
    expect(seen.has(claims.jti)).toBe(false)
    seen.add(claims.jti)
    if (claims.nonce !== nonce) return reply({ error: 'use_dpop_nonce' }, 401, headers)
    const { session } = world.backend
    if (session !== undefined && session.jkt !== jkt) {
      return reply({ error: 'key_mismatch' }, 409, headers)
    }
    return undefined
  } catch (error) {
    if (!(error instanceof ProofError)) throw error
    return reply({ error: 'invalid_dpop_proof' }, 401, headers)
  }
}

describe('a backend that demands proofs for itself', () => {
  it('SES-18: gets them: session, login, token and a call work as ever', async () => {
    const tab = await world.signIn()
    expect(await tab.tmb.session()).toMatchObject({ kind: 'active' })
    expect((await tab.tmb.fetch(`${API}/orders`)).status).toBe(200)
    void tab.tmb.login()
    await vi.waitFor(() => {
      expect(tab.visited).toHaveLength(1)
    })
  })

  it('SES-18: after the first challenge each call carries a proof, with a nonce that fits', async () => {
    const { tmb } = await world.signIn()
    const before = world.requests.length
    await tmb.session()
    await tmb.fetch(`${API}/orders`)
    await tmb.renew()
    expect(world.requests.length - before).toBe(4)
  })

  it('SES-18: a nonce that got old is replaced once', async () => {
    const { tmb } = await world.signIn()
    nonce = 'own-2'
    const before = world.requestsTo('/bff/session').length
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
    expect(world.requestsTo('/bff/session').length - before).toBe(2)
  })

  it('SES-18: one that is never content gets two requests, and the page a typed error', async () => {
    const { tmb } = await world.signIn()
    for (const error of ['use_dpop_nonce', 'invalid_dpop_proof'] as const) {
      world.intercept('/bff/token', () =>
        reply({ error }, 401, { 'DPoP-Nonce': crypto.randomUUID() }),
      )
      const before = world.requestsTo('/bff/token').length
      await expect(tmb.renew()).rejects.toMatchObject({ code: error })
      expect(world.requestsTo('/bff/token').length - before).toBe(2)
    }
  })

  it('SES-18: a challenge without a new nonce is an error at once', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', () => reply({ error: 'invalid_dpop_proof' }, 401))
    await expect(tmb.renew()).rejects.toMatchObject({ code: 'invalid_dpop_proof' })
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
  })

  it('BR-12: an API on the same origin sees none of the backend’s nonces', async () => {
    const { tmb } = await world.signIn({ resourceServers: [APP] })
    world.intercept('/api', () => reply({}, 200, { 'DPoP-Nonce': 'api-nonce' }))
    await tmb.fetch(`${APP}/api`)
    await tmb.fetch(`${APP}/api`)
    await tmb.session()
    const claims = world
      .requestsTo('/api')
      .map(({ headers }) => atob(headers.get('DPoP')!.split('.')[1]!))
    expect(claims[0]).not.toContain('nonce')
    expect(claims[1]).toContain('api-nonce')
    expect(world.requestsTo('/bff/session').at(-1)!.headers.has('DPoP')).toBe(true)
  })

  it('BR-25: a key that was lost is a state, though the backend refuses to say whose session it is', async () => {
    await world.signIn()
    await deleteDatabases()
    const { tmb } = world.openTab()
    expect(await tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_lost' })
  })

  it('SES-18: signing out needs no key', async () => {
    const tab = await world.signIn()
    await tab.tmb.logout()
    expect(world.requestsTo('/bff/logout')[0]!.headers.has('DPoP')).toBe(false)
    expect(world.backend.session).toBeUndefined()
    expect(await keyOf(tab)).toHaveLength(43)
  })
})
