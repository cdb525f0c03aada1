import type { BackendOptions } from '@tmb-kit/backend'
import { createProofFactory, generateProofKey, jktOf, type ProofChanges } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { createTestBrowser, ORIGIN, type TestBrowser } from './support/test-browser.js'

interface ProvenDeployment extends Deployment {
  /** Calls an endpoint with a proof of the right key and the newest nonce, changed as told. */
  readonly call: (
    path: string,
    body?: Record<string, unknown>,
    changes?: CallChanges,
  ) => Promise<Response>
  readonly begin: () => Promise<void>
}

interface CallChanges {
  readonly proof?: ProofChanges
  readonly proofKey?: CryptoKeyPair
  /** In the place of the proof; `null` for none. */
  readonly header?: string | null
  readonly browser?: TestBrowser
  readonly htu?: string
}

async function deployProven(options: Partial<BackendOptions> = {}): Promise<ProvenDeployment> {
  const deployment = await deploy({ proofOfPossession: 'required', ...options })
  const { clock, server } = deployment
  const ownKey = await generateProofKey()
  const jkt = await jktOf(ownKey)
  let nonce: string | undefined

  const call: ProvenDeployment['call'] = async (path, body, changes = {}) => {
    const { proofKey = ownKey, header, browser = deployment.browser } = changes
    const htm = body === undefined ? 'GET' : 'POST'
    const htu = changes.htu ?? `${ORIGIN}${path}`
    const factory = await createProofFactory({ proofKey, htm, htu, clock })
    const claims = { nonce, ...changes.proof?.claims }
    const DPoP = header === undefined ? await factory.with({ ...changes.proof, claims }) : header
    const headers = { DPoP: DPoP ?? undefined }
    const answer =
      body === undefined
        ? await browser.get(path, headers)
        : await browser.post(path, { jkt, ...body }, headers)
    nonce = answer.headers.get('DPoP-Nonce') ?? nonce
    return answer
  }
  return {
    ...deployment,
    jkt,
    call,
    begin: async () => {
      await call('/bff/session')
      const login = await call('/bff/login', {})
      const { authorization_url: url } = (await login.json()) as { authorization_url: string }
      await deployment.browser.navigate(server.authorize(url))
    },
  }
}

const otherKey = await generateProofKey()
const otherJkt = await jktOf(otherKey)
const now = 1_800_000_000
const ENDPOINTS: readonly (readonly [string, Record<string, unknown> | undefined])[] = [
  ['/bff/session', undefined],
  ['/bff/login', {}],
  ['/bff/token', {}],
]

const INVALID: readonly (readonly [string, CallChanges])[] = [
  ['no proof', { header: null }],
  ['an empty proof', { header: '' }],
  ['nonsense', { header: 'x.y.z' }],
  ['another method', { proof: { claims: { htm: 'PUT' } } }],
  ['another path', { htu: `${ORIGIN}/bff/logout` }],
  ['another origin', { htu: 'https://evil.test/bff/token' }],
  ['another typ', { proof: { header: { typ: 'jwt' } } }],
  ['alg none', { proof: { header: { alg: 'none' } } }],
  ['an old iat', { proof: { claims: { iat: now - 61 } } }],
  ['an iat ahead', { proof: { claims: { iat: now + 11 } } }],
  ['an ath', { proof: { claims: { ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo' } } }],
  ['a foreign signature', { proof: { signWith: otherKey.privateKey } }],
]
const NONCES: readonly (readonly [string, CallChanges])[] = [
  ['no nonce', { proof: { claims: { nonce: undefined } } }],
  ['a nonce of nobody', { proof: { claims: { nonce: 'x' } } }],
]

describe("proofOfPossession: 'required'", () => {
  it('SES-18: the flow works, with a nonce on every answer', async () => {
    const { begin, call, browser } = await deployProven()
    await begin()
    const session = await call('/bff/session')
    expect(await session.json()).toMatchObject({ active: true, claims: { sub: 'user-1' } })
    expect((await call('/bff/token', {})).status).toBe(200)
    expect((await call('/bff/token', { refresh: true })).status).toBe(200)
    const proven = browser.answers.filter(({ path }) =>
      ENDPOINTS.some(([endpoint]) => endpoint === path),
    )
    expect(proven.every(({ response }) => response.headers.has('DPoP-Nonce'))).toBe(true)
  })

  it.each(INVALID)(
    'SES-18: %s is 401, without token and without a name',
    async (_name, changes) => {
      const { begin, call, server } = await deployProven()
      await begin()
      const sent = server.forms.length
      for (const [path, body] of ENDPOINTS) {
        const answer = await call(path, body && { ...body, refresh: true }, changes)
        expect(answer.status, path).toBe(401)
        expect(answer.headers.get('WWW-Authenticate')).toBe(
          'DPoP error="invalid_dpop_proof", algs="ES256 Ed25519"',
        )
        expect(await answer.json()).toEqual({
          error: 'invalid_dpop_proof',
          error_description: 'The DPoP proof is missing or not valid.',
        })
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(server.forms).toHaveLength(sent)
      expect((await call('/bff/token', {})).status).toBe(200)
    },
  )

  it.each(NONCES)('SES-18, HO-06: %s is asked for another', async (_name, changes) => {
    const { begin, call } = await deployProven()
    await begin()
    for (const [path, body] of ENDPOINTS) {
      const answer = await call(path, body, changes)
      expect(answer.status).toBe(401)
      expect(await answer.json()).toMatchObject({ error: 'use_dpop_nonce' })
      expect(answer.headers.get('WWW-Authenticate')).toMatch(/^DPoP error="use_dpop_nonce"/)
      expect(answer.headers.get('DPoP-Nonce')).toMatch(/^[\w-]+$/)
      expect((await call(path, body)).status).toBe(200)
    }
  })

  it('SES-18: a nonce that got old is asked for anew', async () => {
    const { begin, call, clock } = await deployProven()
    await begin()
    clock.advance(601)
    expect(await (await call('/bff/token', {})).json()).toMatchObject({ error: 'use_dpop_nonce' })
    expect((await call('/bff/token', {})).status).toBe(200)
  })

  it('SES-18: a proof counts once', async () => {
    const { begin, call, browser, jkt } = await deployProven()
    await begin()
    const requests: Request[] = []
    const { send } = browser
    const spying: TestBrowser = {
      ...browser,
      post: async (path, body, headers) => {
        const answer = await browser.post(path, body, headers)
        requests.push(
          new Request(`${ORIGIN}${path}`, {
            method: 'POST',
            headers: {
              'X-CSRF': '1',
              Origin: ORIGIN,
              'Content-Type': 'application/json',
              DPoP: headers?.['DPoP'] ?? '',
            },
            body: JSON.stringify({ jkt }),
          }),
        )
        return answer
      },
    }
    expect((await call('/bff/token', {}, { browser: spying })).status).toBe(200)
    const replayed = await send(requests[0]!)
    expect(replayed.status).toBe(401)
    expect(await replayed.json()).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it('SES-16, SES-18: a proof of another key is 409, with either jkt', async () => {
    const { begin, call, server } = await deployProven()
    await begin()
    const sent = server.forms.length
    for (const [path, body] of ENDPOINTS) {
      const answer = await call(path, body, { proofKey: otherKey })
      expect(answer.status).toBe(409)
      expect(Object.keys((await answer.json()) as object).sort()).toEqual([
        'error',
        'error_description',
      ])
    }
    const claimed = await call('/bff/token', { jkt: otherJkt }, { proofKey: otherKey })
    expect(claimed.status).toBe(409)
    expect(server.forms).toHaveLength(sent)
  })

  it('SES-18: a stolen cookie gets nothing, and logs nobody out of the own browser', async () => {
    const { begin, call, app, browser } = await deployProven()
    await begin()
    const thief = createTestBrowser(app, new Map(browser.jar))
    for (const [path, body] of ENDPOINTS) {
      const answer = await call(path, body, { browser: thief, header: null })
      expect(answer.status).toBe(401)
      expect(await answer.text()).not.toMatch(/user-1|Alice|eyJ/)
    }
    expect(
      (await call('/bff/session', undefined, { browser: thief, proofKey: otherKey })).status,
    ).toBe(409)
    expect((await call('/bff/token', {})).status).toBe(200)
  })

  it('SES-18: without a session any key may look', async () => {
    const { call } = await deployProven()
    await call('/bff/session')
    const answer = await call('/bff/session', undefined, { proofKey: otherKey })
    expect(await answer.json()).toEqual({ active: false, mode: 'tmb' })
  })

  it('SES-18: a user who lost the key can log out', async () => {
    const { begin, browser, call } = await deployProven()
    await begin()
    expect((await browser.post('/bff/logout', {})).status).toBe(200)
    expect(await (await call('/bff/session')).json()).toMatchObject({ active: false })
  })

  it('SES-27: the expected URI is the configured one, whatever the request says', async () => {
    const { begin, call, app, jkt, browser } = await deployProven()
    await begin()
    const evil = 'https://evil.test/bff/token'
    const answer = await call('/bff/token', {}, { htu: evil })
    expect(answer.status).toBe(401)
    const spoofed = await app.request(
      new Request(evil, {
        method: 'POST',
        headers: {
          'X-CSRF': '1',
          Origin: ORIGIN,
          'Content-Type': 'application/json',
          'X-Forwarded-Host': 'evil.test',
          Cookie: `__Host-Http-tmb=${browser.jar.get('__Host-Http-tmb')!}`,
        },
        body: JSON.stringify({ jkt }),
      }),
    )
    expect(spoofed.status).toBe(401)
  })

  it('with it off, a DPoP header means nothing', async () => {
    const { signIn, token, browser, jkt } = await deploy()
    await signIn()
    expect((await token()).headers.has('DPoP-Nonce')).toBe(false)
    expect((await browser.post('/bff/token', { jkt }, { DPoP: 'x' })).status).toBe(200)
  })
})
