import type { BackendOptions } from '@tmb-kit/backend'
import { createProofFactory, generateProofKey, jktOf, type ProofChanges } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { API, deploy, type Deployment } from './support/deployment.js'
import { ISSUER } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn, startLogin } from './support/login.js'
import { createTestBrowser } from './support/test-browser.js'

const foreignKey = await generateProofKey()
const CODE = '__Host-Http-tmb-code'
const SESSION = '__Host-Http-tmb'
const KEY = '__Host-Http-tmb-key'
const TOKEN_ENDPOINT = `${ISSUER}/token`

interface Handoff extends Deployment {
  readonly proofKey: CryptoKeyPair
  readonly proofWith: (changes?: ProofChanges, key?: CryptoKeyPair) => Promise<string>
  /** Asks for a token with a fresh proof. */
  readonly handOff: (
    body?: Record<string, unknown>,
    changes?: ProofChanges,
    key?: CryptoKeyPair,
  ) => Promise<Response>
}

/** An authorization server with DPoP and without tmb. */
async function deployHandoff(changes: Partial<BackendOptions> = {}): Promise<Handoff> {
  const deployment = await deploy(changes)
  const proofKey = await generateProofKey()
  const jkt = await jktOf(proofKey)
  const { server, clock, browser } = deployment
  server.behaviour.knowsTmb = false
  server.behaviour.metadata = {
    tmb_supported: undefined,
    dpop_signing_alg_values_supported: ['ES256', 'EdDSA', 'Ed25519'],
  }
  const proofWith: Handoff['proofWith'] = async (proofChanges = {}, key = proofKey) => {
    const factory = await createProofFactory({
      proofKey: key,
      htm: 'POST',
      htu: TOKEN_ENDPOINT,
      clock,
    })
    return factory.with(proofChanges)
  }
  return {
    ...deployment,
    jkt,
    proofKey,
    proofWith,
    signIn: async (body = {}, inBrowser = browser) =>
      deployment.signIn({ jkt, ...body }, inBrowser),
    token: async (body = {}, inBrowser = browser) => deployment.token({ jkt, ...body }, inBrowser),
    handOff: async (body = {}, proofChanges = {}, key = proofKey) =>
      deployment.token({
        jkt,
        token_endpoint_proof: await proofWith(proofChanges, key),
        ...body,
      }),
  }
}

async function refusalOf(answer: Response): Promise<readonly [number, unknown]> {
  const { error } = (await answer.json()) as { error?: string }
  return [answer.status, error]
}

const nothingSent = ({ server }: Deployment): number => server.formsTo('/token').length

describe('mode handoff', () => {
  it('CC-13: is chosen where the metadata has DPoP and no tmb', async () => {
    const { browser, server } = await deployHandoff()
    expect(await (await browser.get('/bff/session')).json()).toEqual({
      active: false,
      mode: 'handoff',
      token_endpoint: TOKEN_ENDPOINT,
      algs: ['ES256', 'Ed25519'],
    })
    server.behaviour.metadata = { dpop_signing_alg_values_supported: ['ES256'] }
    const both = await deploy()
    both.server.behaviour.metadata = { dpop_signing_alg_values_supported: ['ES256'] }
    expect(await (await both.browser.get('/bff/session')).json()).toEqual({
      active: false,
      mode: 'tmb',
    })
  })

  it('HO-13: the operator can rule it out', async () => {
    const deployment = await deployHandoff({ mode: 'tmb' })
    expect(errorOf(await deployment.signIn())).toBe('binding_not_applied')
    expect(deployment.server.forms.some(({ headers }) => headers.has('DPoP'))).toBe(false)
  })

  it('HO-07: the code waits for the page, which then gets session and token with one proof', async () => {
    const deployment = await deployHandoff()
    const { browser, server, jkt, signIn, token, handOff } = deployment
    const callback = await signIn({ return_to: '/x' })
    expect(callback.headers.get('Location')).toBe('/x')
    expect(server.formsTo('/par')[0]?.get('dpop_jkt')).toBe(jkt)
    expect(server.formsTo('/token')).toEqual([])
    expect([...browser.jar.keys()]).toEqual([CODE])
    expect(callback.headers.getSetCookie().find((text) => text.startsWith(CODE))).toMatch(
      /; Max-Age=60; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    expect(await (await browser.get('/bff/session')).json()).toMatchObject({
      active: false,
      pending: true,
      jkt,
      mode: 'handoff',
    })

    const asked = await token()
    expect(asked.status).toBe(401)
    expect(await asked.json()).toMatchObject({
      error: 'token_endpoint_proof_required',
      token_endpoint: TOKEN_ENDPOINT,
      algs: ['ES256', 'Ed25519'],
    })
    const answer = await handOff()
    expect(answer.status).toBe(200)
    expect(await answer.json()).toMatchObject({ token_type: 'DPoP', jkt, resource: API })
    expect([...browser.jar.keys()].sort()).toEqual([SESSION, KEY].sort())
    expect(await (await browser.get('/bff/session')).json()).toMatchObject({
      active: true,
      mode: 'handoff',
      jkt,
      claims: { sub: 'user-1' },
    })
    expect((await token()).status).toBe(200)
    expect(server.formsTo('/token')).toHaveLength(1)
  })

  it('HO-02: the proof is the only DPoP header, and there is no tmb', async () => {
    const { server, signIn, browser, proofWith, jkt } = await deployHandoff()
    await signIn()
    const proof = await proofWith()
    await browser.post(
      '/bff/token',
      { jkt, token_endpoint_proof: proof },
      { DPoP: 'a-proof-for-somebody-else' },
    )
    const [sent] = server.forms.filter(({ path }) => path === '/token')
    expect(sent?.headers.get('DPoP')).toBe(proof)
    expect(sent?.form.has('tmb')).toBe(false)
  })

  const now = 1_800_000_000
  const refused: readonly (readonly [string, ProofChanges])[] = [
    ['another typ', { header: { typ: 'jwt' } }],
    ['no typ', { header: { typ: undefined } }],
    ['alg none', { header: { alg: 'none' } }],
    ['an alg that the server does not take', { header: { alg: 'ES384' } }],
    ['no jwk', { header: { jwk: undefined } }],
    ['a private jwk', { header: { jwk: { kty: 'EC', crv: 'P-256', x: 'x', y: 'y', d: 'd' } } }],
    ['another method', { claims: { htm: 'GET' } }],
    ['a method in lower case', { claims: { htm: 'post' } }],
    ['another URI', { claims: { htu: `${ISSUER}/par` } }],
    ['another origin', { claims: { htu: 'https://evil.test/token' } }],
    ['no htu', { claims: { htu: undefined } }],
    ['an iat of 61 s ago', { claims: { iat: now - 61 } }],
    ['an iat of 11 s ahead', { claims: { iat: now + 11 } }],
    ['a fractional iat', { claims: { iat: now + 0.5 } }],
    ['no iat', { claims: { iat: undefined } }],
    ['no jti', { claims: { jti: undefined } }],
    ['an ath', { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } }],
    ['an old iat and a nonce of nobody', { claims: { iat: now - 61, nonce: 'x' } }],
    ['a signature of another key', { signWith: foreignKey.privateKey }],
    ['a repeated claim', { rawClaims: '{"htm":"POST","htm":"POST"}' }],
  ]
  it.each(refused)(
    'HO-01: a proof with %s is refused, and nobody is asked',
    async (_n, changes) => {
      const deployment = await deployHandoff()
      const { signIn, handOff, browser } = deployment
      await signIn()
      expect(await refusalOf(await handOff({}, changes))).toEqual([
        400,
        'invalid_token_endpoint_proof',
      ])
      expect(nothingSent(deployment)).toBe(0)
      expect(browser.jar.has(CODE)).toBe(true)
      expect((await handOff()).status).toBe(200)
      expect(await refusalOf(await handOff({ refresh: true }, changes))).toEqual([
        400,
        'invalid_token_endpoint_proof',
      ])
      expect(nothingSent(deployment)).toBe(1)
      expect((await handOff({ refresh: true })).status).toBe(200)
    },
  )

  it.each(['', 'x', 'a.b.c', 'a, b'])('HO-01: %j is no proof', async (proof) => {
    const deployment = await deployHandoff()
    await deployment.signIn()
    expect(await refusalOf(await deployment.token({ token_endpoint_proof: proof }))).toEqual([
      400,
      'invalid_token_endpoint_proof',
    ])
  })

  it.each([5, null, {}, []])('a proof that is %j is malformed', async (proof) => {
    const deployment = await deployHandoff()
    await deployment.signIn()
    expect(await refusalOf(await deployment.token({ token_endpoint_proof: proof }))).toEqual([
      400,
      'invalid_request',
    ])
  })

  it('HO-01: a proof counts once', async () => {
    const deployment = await deployHandoff()
    const { signIn, token, proofWith } = deployment
    await signIn()
    const proof = await proofWith()
    expect((await token({ token_endpoint_proof: proof })).status).toBe(200)
    const again = await token({ token_endpoint_proof: proof, refresh: true })
    expect(await refusalOf(again)).toEqual([400, 'invalid_token_endpoint_proof'])
    expect(nothingSent(deployment)).toBe(1)
  })

  it('HO-09: a proof of another key is 409, at redemption and at refresh', async () => {
    const deployment = await deployHandoff()
    const { signIn, handOff } = deployment
    const other = await generateProofKey()
    await signIn()
    expect(await refusalOf(await handOff({}, {}, other))).toEqual([409, 'key_mismatch'])
    expect(await refusalOf(await handOff({ jkt: await jktOf(other) }, {}, other))).toEqual([
      409,
      'key_mismatch',
    ])
    expect((await handOff()).status).toBe(200)
    expect(await refusalOf(await handOff({ refresh: true }, {}, other))).toEqual([
      409,
      'key_mismatch',
    ])
    expect(nothingSent(deployment)).toBe(1)
    expect((await handOff({ refresh: true })).status).toBe(200)
  })

  it('HO-03, HO-04: a nonce that the server demands is relayed, and nothing is used up', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, browser } = deployment
    server.behaviour.nonce = 'n1'
    await signIn()
    const asked = await handOff()
    expect(asked.status).toBe(400)
    expect(asked.headers.has('DPoP-Nonce')).toBe(false)
    expect(await asked.json()).toMatchObject({
      error: 'as_use_dpop_nonce',
      as_nonce: 'n1',
      token_endpoint: TOKEN_ENDPOINT,
    })
    expect(browser.jar.has(CODE)).toBe(true)
    expect((await handOff({}, { claims: { nonce: 'n1' } })).status).toBe(200)

    server.behaviour.nonce = 'n2'
    const sessionBefore = browser.jar.get(SESSION)
    const askedAgain = await handOff({ refresh: true }, { claims: { nonce: 'n1' } })
    expect(await askedAgain.json()).toMatchObject({ error: 'as_use_dpop_nonce', as_nonce: 'n2' })
    expect(browser.jar.get(SESSION)).toBe(sessionBefore)
    expect((await handOff({ refresh: true }, { claims: { nonce: 'n2' } })).status).toBe(200)
  })

  it('HO-03: a server that demands a nonce and gives none talks nonsense', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () =>
      Response.json({ error: 'use_dpop_nonce' }, { status: 400 })
    expect(await refusalOf(await handOff())).toEqual([502, 'as_error'])
  })

  it('HO-05: a nonce is remembered from any token answer, and told beforehand', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, browser, token } = deployment
    server.behaviour.nextNonce = 'n7'
    await signIn()
    expect((await handOff()).status).toBe(200)
    expect(await (await browser.get('/bff/session')).json()).toMatchObject({ as_nonce: 'n7' })
    expect(await (await token({ refresh: true })).json()).toMatchObject({
      error: 'token_endpoint_proof_required',
      as_nonce: 'n7',
    })
    server.behaviour.nonce = 'n7'
    expect((await handOff({ refresh: true }, { claims: { nonce: 'n7' } })).status).toBe(200)
  })

  it('HO-01: with a nonce of the server the clock of the page does not count', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, clock } = deployment
    server.behaviour.nonce = 'n1'
    await signIn()
    await handOff()
    const claims = { nonce: 'n1', iat: clock() - 4000 }
    expect((await handOff({}, { claims })).status).toBe(200)
    const ahead = { nonce: 'n1', iat: clock() + 4000 }
    expect((await handOff({ refresh: true }, { claims: ahead })).status).toBe(200)
  })

  it('HO-07: a code is given up after 60 s', async () => {
    for (const [seconds, expected] of [
      [59, [200, undefined]],
      [60, [401, 'login_required']],
    ] as const) {
      const deployment = await deployHandoff()
      await deployment.signIn()
      deployment.clock.advance(seconds)
      expect(await refusalOf(await deployment.handOff())).toEqual(expected)
      expect(nothingSent(deployment)).toBe(seconds === 59 ? 1 : 0)
    }
  })

  it('HO-07: a second completion with a copy of the code is refused', async () => {
    const deployment = await deployHandoff()
    const { app, browser, signIn, handOff, token, proofWith } = deployment
    await signIn()
    const copy = createTestBrowser(app, new Map(browser.jar))
    expect((await handOff()).status).toBe(200)
    const again = await token({ token_endpoint_proof: await proofWith() }, copy)
    expect(await refusalOf(again)).toEqual([400, 'invalid_request'])
    expect(nothingSent(deployment)).toBe(1)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('HO-07: two tabs that complete at the same time redeem once, and both are signed in', async () => {
    const deployment = await deployHandoff()
    const { app, browser, signIn, token, proofWith } = deployment
    await signIn()
    const tabs = [1, 2, 3].map(() => createTestBrowser(app, new Map(browser.jar)))
    const proofs = await Promise.all(tabs.map(async () => proofWith()))
    const answers = await Promise.all(
      tabs.map(async (tab, index) => token({ token_endpoint_proof: proofs[index] }, tab)),
    )
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200])
    expect(new Set(tabs.map(({ jar }) => jar.get(SESSION))).size).toBe(1)
    expect(nothingSent(deployment)).toBe(1)
  })

  it('HO-08: a code cookie that was tampered with is none', async () => {
    const deployment = await deployHandoff()
    const { browser, signIn, handOff } = deployment
    await signIn()
    const value = browser.jar.get(CODE)!
    browser.jar.set(CODE, `${value.slice(0, -4)}AAAA`)
    expect(await refusalOf(await handOff())).toEqual([401, 'no_session'])
    browser.jar.set(SESSION, value)
    expect(await refusalOf(await handOff())).toEqual([401, 'no_session'])
  })

  it('an existing session stays until the code is redeemed and checked', async () => {
    const deployment = await deployHandoff()
    const { browser, server, app, signIn, token, handOff } = deployment
    await signIn()
    await handOff()
    const old = createTestBrowser(app, new Map(browser.jar))
    await signIn()
    expect((await token({}, old)).status).toBe(200)

    server.behaviour.idTokenClaims = { nonce: 'x' }
    expect(await refusalOf(await handOff())).toEqual([502, 'as_error'])
    server.behaviour.idTokenClaims = {}
    expect(browser.jar.has(CODE)).toBe(false)
    expect(await isSignedIn(deployment)).toBe(true)

    await signIn()
    expect((await handOff()).status).toBe(200)
    expect(await isSignedIn({ browser: old })).toBe(false)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('HO-10: after a fault on the way the same proof is never sent again', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, token, proofWith, handOff } = deployment
    await signIn()
    await handOff()
    server.behaviour.answer['/token'] = async () => {
      throw new TypeError('fetch failed')
    }
    const proof = await proofWith()
    const failed = await token({ token_endpoint_proof: proof, refresh: true })
    expect(await refusalOf(failed)).toEqual([503, 'as_unavailable'])
    expect(nothingSent(deployment)).toBe(2)
    server.behaviour.answer = {}
    const again = await token({ token_endpoint_proof: proof, refresh: true })
    expect(await refusalOf(again)).toEqual([400, 'invalid_token_endpoint_proof'])
    expect(await refusalOf(await token({ refresh: true }))).toEqual([
      401,
      'token_endpoint_proof_required',
    ])
    expect(nothingSent(deployment)).toBe(2)
    expect((await handOff({ refresh: true })).status).toBe(200)
  })

  it('HO-10: a code that may not have arrived can be tried with another proof', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, browser } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () => new Response('', { status: 503 })
    expect(await refusalOf(await handOff())).toEqual([503, 'as_unavailable'])
    expect(browser.jar.has(CODE)).toBe(true)
    server.behaviour.answer = {}
    expect((await handOff()).status).toBe(200)
  })

  it('HO-11: an answer that is not bound is revoked, at redemption and at refresh', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, browser } = deployment
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
    await signIn()
    expect(await refusalOf(await handOff())).toEqual([502, 'binding_not_applied'])
    expect(server.revoked).toHaveLength(2)
    expect(browser.jar.size).toBe(0)

    server.behaviour.tokenAnswer = (answer) => answer
    await signIn()
    await handOff()
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
    expect(await refusalOf(await handOff({ refresh: true }))).toEqual([502, 'binding_not_applied'])
    expect(server.revoked).toHaveLength(3)
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('HO-12: neither proof nor code is in an answer, an event or a URL', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, proofWith, token, browser, events, origins } = deployment
    await signIn()
    const proof = await proofWith()
    await token({ token_endpoint_proof: proof })
    await token({ token_endpoint_proof: proof, refresh: true })
    const code = [...server.secrets].find((value) => value.startsWith('canary-code'))!
    const seen = [
      ...events.map((event) => JSON.stringify(event)),
      ...browser.answers.map(({ body }) => body),
      ...browser.answers.map(({ response }) => response.headers.getSetCookie().join()),
      ...origins.requests.map(({ url }) => url),
    ]
    for (const hidden of [proof, code]) {
      expect(seen.some((text) => text.includes(hidden))).toBe(false)
    }
  })

  it('one proof serves one token request: another scope needs another', async () => {
    const deployment = await deployHandoff()
    const { signIn, handOff } = deployment
    await signIn()
    const narrow = await handOff({ scope: 'orders.read' })
    expect(await refusalOf(narrow)).toEqual([401, 'token_endpoint_proof_required'])
    expect(await isSignedIn(deployment)).toBe(true)
    expect(await (await handOff({ scope: 'orders.read' })).json()).toMatchObject({
      scope: 'orders.read',
    })
  })

  it('a wrong target of the first call leaves the code', async () => {
    const deployment = await deployHandoff()
    const { signIn, handOff } = deployment
    await signIn()
    expect(await refusalOf(await handOff({ resource: 'https://x.test' }))).toEqual([
      400,
      'invalid_target',
    ])
    expect((await handOff()).status).toBe(200)
  })

  it('CC-16: a code that the server does not know any more means: log in', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff, browser } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () =>
      Response.json({ error: 'invalid_grant' }, { status: 400 })
    expect(await refusalOf(await handOff())).toEqual([401, 'login_required'])
    expect(browser.jar.has(CODE)).toBe(false)
  })

  it('a proof that the server refuses is the page’s to make anew', async () => {
    const deployment = await deployHandoff()
    const { server, signIn, handOff } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () =>
      Response.json({ error: 'invalid_dpop_proof' }, { status: 400 })
    expect(await refusalOf(await handOff())).toEqual([400, 'invalid_token_endpoint_proof'])
    server.behaviour.answer = {}
    expect((await handOff()).status).toBe(200)
  })

  it('SES-20: the key is pinned at redemption, after the question was proven', async () => {
    const deployment = await deployHandoff({ keyContinuity: 'interactive' })
    const { server, signIn, handOff, browser, clock } = deployment
    server.behaviour.authTime = clock() - 3600
    await signIn()
    expect(browser.jar.has(KEY)).toBe(false)
    expect(await refusalOf(await handOff())).toEqual([401, 'login_required'])
    expect(browser.jar.has(KEY)).toBe(false)
    expect(server.revoked).toHaveLength(2)

    server.behaviour.authTime = clock()
    await signIn()
    expect((await handOff()).status).toBe(200)
    expect(browser.jar.has(KEY)).toBe(true)
    await startLogin(deployment)
    expect(server.formsTo('/par').at(-1)?.get('prompt')).toBeNull()
  })

  it('CC-15: 50 parallel forced refreshes, each with its proof, are one', async () => {
    const deployment = await deployHandoff()
    const { app, browser, signIn, handOff, token, proofWith } = deployment
    await signIn()
    await handOff()
    const tabs = Array.from({ length: 50 }, () => createTestBrowser(app, new Map(browser.jar)))
    const proofs = await Promise.all(tabs.map(async () => proofWith()))
    const answers = await Promise.all(
      tabs.map(async (tab, index) =>
        token({ token_endpoint_proof: proofs[index], refresh: true }, tab),
      ),
    )
    expect(answers.every(({ status }) => status === 200)).toBe(true)
    expect(nothingSent(deployment)).toBe(2)
  })

  it('a code that is too long for a cookie fails the login', async () => {
    const deployment = await deployHandoff()
    const { browser, server } = deployment
    const url = await startLogin(deployment)
    const back = server.authorize(url, { code: 'x'.repeat(4000) })
    expect(errorOf(await browser.navigate(back))).toBe('as_error')
    expect(browser.jar.has(CODE)).toBe(false)
  })

  it('LO-01: a sign-out takes the waiting code along, and a copy of its cookie', async () => {
    const deployment = await deployHandoff()
    const { browser, app, signIn, handOff } = deployment
    await signIn()
    const copied = createTestBrowser(app, new Map(browser.jar))
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(browser.jar.has(CODE)).toBe(false)

    const body = { jkt: deployment.jkt, token_endpoint_proof: await deployment.proofWith() }
    expect(await refusalOf(await copied.post('/bff/token', body))).toEqual([400, 'invalid_request'])
    expect(nothingSent(deployment)).toBe(0)

    await signIn()
    expect((await handOff()).status).toBe(200)
  })
})
