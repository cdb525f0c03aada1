import { parseProof } from '@tmb-kit/core'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { runHandoff, TOKEN_ENDPOINT, type HandoffBackend } from './support/token-endpoint.js'
import { API, createWorld, keyOf, reply, type Tab, type World } from './support/world.js'

let world: World
let backend: HandoffBackend
beforeEach(() => {
  world = createWorld()
  backend = runHandoff(world)
})

/** Comes back from the sign-in: with a code that waits, and a page that knows nothing yet. */
async function comeBack(): Promise<Tab> {
  backend.pending = await keyOf(world.openTab())
  return world.openTab()
}

const tokenCalls = async (): Promise<readonly Record<string, string>[]> =>
  Promise.all(
    world.requestsTo('/bff/token').map(async (request) => (await request.json()) as never),
  )

describe('mode handoff: the way back from the sign-in', () => {
  it('BR-29: session() hands over a proof by itself, and then there is a session', async () => {
    const { tmb } = await comeBack()
    expect(await tmb.session()).toMatchObject({ kind: 'active', claims: { sub: 'alice' } })
    expect(backend.asCalls()).toBe(1)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(world.requestsTo('/bff/token')).toHaveLength(1)
  })

  it('BR-29: the proof is for POST and the token endpoint, has no ath, and goes in the body', async () => {
    const { tmb } = await comeBack()
    await tmb.session()
    const [{ token_endpoint_proof: proof } = {}] = await tokenCalls()
    const { claims, jwk } = parseProof(proof!, ['ES256'])
    expect(claims).toMatchObject({ htm: 'POST', htu: TOKEN_ENDPOINT })
    expect(claims).not.toHaveProperty('ath')
    expect(jwk).not.toHaveProperty('d')
    for (const { url, headers } of world.requests) {
      if (url.includes('/bff/')) expect(headers.has('DPoP')).toBe(false)
    }
  })

  it('BR-29: a call that comes before any look at the session works, too', async () => {
    const { tmb } = await comeBack()
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect((await tokenCalls()).map((call) => 'token_endpoint_proof' in call)).toEqual([
      false,
      true,
    ])
  })

  it('BR-29: ten looks at once redeem once', async () => {
    const { tmb } = await comeBack()
    const looks = await Promise.all(Array.from({ length: 10 }, async () => tmb.session()))
    for (const state of looks) expect(state).toMatchObject({ kind: 'active' })
    expect(world.backend.tokensIssued).toBe(1)
  })

  it('BR-29: another target than the login’s gets a proof of its own', async () => {
    const { tmb } = await comeBack()
    backend.isOtherTarget = true
    backend.asNonce = 'n1'
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    expect(backend.asCalls()).toBe(3)
    const proofs = (await tokenCalls()).flatMap(({ token_endpoint_proof: proof }) => proof ?? [])
    expect(new Set(proofs).size).toBe(3)
  })

  it('BR-29: a code that waits for another key is not touched: the user has to sign in', async () => {
    const { tmb } = await comeBack()
    backend.pending = 'A'.repeat(43)
    expect(await tmb.session()).toEqual({ kind: 'reauthenticate', reason: 'key_mismatch' })
    expect(world.requestsTo('/bff/token')).toHaveLength(0)
  })

  it('BR-29: a tab that was signed out redeems as well, once it looks', async () => {
    const tab = await world.signIn()
    await tab.tmb.logout()
    backend.pending = await keyOf(tab)
    expect(await tab.tmb.session()).toMatchObject({ kind: 'active' })
    expect((await tab.tmb.fetch(`${API}/orders`)).status).toBe(200)
  })

  it('BR-29: a token of the session before is not taken for the answer', async () => {
    const tab = await world.signIn()
    await tab.tmb.fetch(`${API}/orders`)
    backend.pending = world.backend.session!.jkt
    expect(await tab.tmb.session()).toMatchObject({ kind: 'active' })
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
    await tab.tmb.fetch(`${API}/orders`)
    expect(world.requests.at(-1)!.headers.get('Authorization')).toBe('DPoP token-2')
  })

  it('BR-29: a code that came too late means: nobody is signed in', async () => {
    const { tmb } = await comeBack()
    backend.refusal = { error: 'login_required', status: 401 }
    expect(await tmb.session()).toEqual({ kind: 'none' })
  })

  it.each(['binding_not_applied', 'as_error'])(
    'BR-29: a sign-in that ended with %s is told once',
    async (error) => {
      const { tmb } = await comeBack()
      backend.refusal = { error, status: 502 }
      await expect(tmb.session()).rejects.toMatchObject({ code: error })
      expect(await tmb.session()).toEqual({ kind: 'none' })
    },
  )

  it('BR-29: an authorization server that is down ends nothing: the next look tries again', async () => {
    const { tmb } = await comeBack()
    backend.refusal = { error: 'as_unavailable', status: 503 }
    await expect(tmb.session()).rejects.toMatchObject({ code: 'as_unavailable' })
    backend.refusal = undefined
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
  })

  it('BR-29: a code that never stops waiting is an error, and no loop', async () => {
    const { tmb } = await comeBack()
    const jkt = backend.pending!
    world.intercept('/bff/session', () =>
      reply({ active: false, pending: true, jkt, token_endpoint: TOKEN_ENDPOINT }),
    )
    expect(await tmb.session()).toEqual({ kind: 'none' })
    expect(world.requestsTo('/bff/session').length).toBeLessThan(5)
  })
})

describe('mode handoff: nonces of the authorization server', () => {
  it('HO-03, BR-29: a nonce that is demanded is put into a second proof', async () => {
    const { tmb } = await comeBack()
    backend.asNonce = 'n1'
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
    expect(backend.asCalls()).toBe(2)
    const nonces = (await tokenCalls()).map(
      ({ token_endpoint_proof: proof }) => parseProof(proof!, ['ES256']).claims.nonce,
    )
    expect(nonces).toEqual([undefined, 'n1'])
  })

  it('HO-05, BR-29: one that is told beforehand saves a request', async () => {
    const { tmb } = await comeBack()
    backend.asNonce = backend.knownNonce = 'n1'
    await tmb.session()
    expect(backend.asCalls()).toBe(1)
  })

  it('HO-03, BR-29: a server that always demands another gets two proofs, the page an error', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', () =>
      reply({ error: 'as_use_dpop_nonce', as_nonce: crypto.randomUUID() }, 400),
    )
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code: 'as_use_dpop_nonce' })
    expect(world.requestsTo('/bff/token')).toHaveLength(2)
  })

  it('BR-29: a backend that always wants a proof gets three requests at most', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', () =>
      reply({ error: 'token_endpoint_proof_required', token_endpoint: TOKEN_ENDPOINT }, 401),
    )
    const code = 'token_endpoint_proof_required'
    await expect(tmb.fetch(`${API}/orders`)).rejects.toMatchObject({ code })
    expect(world.requestsTo('/bff/token')).toHaveLength(3)
  })

  it('BR-12, HO-06: the nonce of the authorization server goes to no API, and theirs not to it', async () => {
    const { tmb } = await comeBack()
    backend.asNonce = 'as-nonce'
    world.intercept('/orders', () => reply({}, 200, { 'DPoP-Nonce': 'api-nonce' }))
    await tmb.session()
    await tmb.fetch(`${API}/orders`)
    await tmb.renew()
    const proof = world.requests
      .filter(({ url }) => url.endsWith('/orders'))
      .map(({ headers }) => parseProof(headers.get('DPoP')!, ['ES256']).claims.nonce)
    expect(proof).toEqual([undefined])
    const last = (await tokenCalls()).at(-1)!['token_endpoint_proof']!
    expect(parseProof(last, ['ES256']).claims.nonce).toBe('as-nonce')
  })
})

describe('mode handoff: where a proof may be for', () => {
  const EVIL = 'https://evil.test/token'

  it.each(['token_endpoint', 'htu'])(
    'BR-29: a backend that later asks for %s of somebody else gets none',
    async (member) => {
      const { tmb } = await comeBack()
      await tmb.session()
      world.intercept('/bff/token', () =>
        reply({ error: 'as_use_dpop_nonce', as_nonce: 'n1', [member]: EVIL }, 400),
      )
      const before = world.requestsTo('/bff/token').length
      await expect(tmb.renew()).rejects.toMatchObject({ code: 'url_refused' })
      expect(world.requestsTo('/bff/token')).toHaveLength(before + 1)
    },
  )

  it.each([EVIL, 'http://as.test/token', 'javascript:alert(1)', '/token', 7])(
    'BR-29: %j is refused where the authorization server is configured',
    async (address) => {
      const { tmb } = await (async () => {
        backend.pending = await keyOf(world.openTab())
        return world.openTab({ authorizationServer: 'https://as.test' })
      })()
      backend.tokenEndpoint = address as string
      await expect(tmb.session()).rejects.toMatchObject({ code: 'url_refused' })
      expect(world.requestsTo('/bff/token')).toHaveLength(0)

      backend.tokenEndpoint = TOKEN_ENDPOINT
      expect(await tmb.session()).toMatchObject({ kind: 'active' })
    },
  )

  it('BR-29: the configured address is the only one, exactly', async () => {
    backend.pending = await keyOf(world.openTab())
    const { tmb } = world.openTab({ tokenEndpoint: TOKEN_ENDPOINT })
    backend.tokenEndpoint = `${TOKEN_ENDPOINT}/`
    await expect(tmb.session()).rejects.toMatchObject({ code: 'url_refused' })
    backend.tokenEndpoint = TOKEN_ENDPOINT
    expect(await tmb.session()).toMatchObject({ kind: 'active' })
  })

  it('BR-22, BR-29: a server that knows no algorithm of the key is a typed error, before a proof', async () => {
    const { tmb } = await comeBack()
    backend.algs = ['PS256']
    await expect(tmb.session()).rejects.toMatchObject({ code: 'algorithm_not_supported' })
    expect(world.requestsTo('/bff/token')).toHaveLength(0)
  })

  it('BR-29: in mode tmb no proof is ever handed over', async () => {
    world = createWorld()
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    await tmb.renew()
    for (const call of await tokenCalls()) expect(call).not.toHaveProperty('token_endpoint_proof')
  })

  it('BR-29: a sign-out while the code is redeemed leaves nobody signed in', async () => {
    const { tmb } = await comeBack()
    let release = (): void => undefined
    const held = new Promise<void>((resolve) => (release = resolve))
    world.intercept('/bff/token', async () => {
      await held
      return reply({ error: 'no_session' }, 401)
    })
    const look = tmb.session()
    await vi.waitFor(() => {
      expect(world.requestsTo('/bff/token')).toHaveLength(1)
    })
    backend.pending = undefined
    await tmb.logout()
    release()
    expect(await look).toEqual({ kind: 'none' })
  })
})
