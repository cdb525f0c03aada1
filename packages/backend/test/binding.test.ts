import { encodeBase64urlText } from '@tmb-kit/core'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { deploy } from './support/deployment.js'
import { unsignedJwt } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn } from './support/login.js'

const otherJkt = await jktOf(await generateProofKey())
type Answer = Record<string, unknown>

const header = (text: string): string => encodeBase64urlText(text)
const jwt = (cnf: unknown): string => unsignedJwt({ cnf })

/** Answers that are not bound to the pinned key. */
const UNBOUND: readonly (readonly [string, (answer: Answer, jkt: string) => Answer])[] = [
  ['token_type Bearer', (a) => ({ ...a, token_type: 'Bearer' })],
  ['token_type bearer and no cnf', (a) => ({ ...a, token_type: 'bearer', cnf: undefined })],
  ['no token_type', (a) => ({ ...a, token_type: undefined })],
  ['a token_type that is no string', (a) => ({ ...a, token_type: ['DPoP'] })],
  ['token_type N_A', (a) => ({ ...a, token_type: 'N_A' })],
  ['another jkt in the answer', (a) => ({ ...a, cnf: { jkt: otherJkt } })],
  ['an empty cnf in the answer', (a) => ({ ...a, cnf: {} })],
  ['a cnf of null', (a) => ({ ...a, cnf: null })],
  ['a cnf that is a string', (a, jkt) => ({ ...a, cnf: jkt })],
  ['a cnf that is a list', (a, jkt) => ({ ...a, cnf: [{ jkt }] })],
  ['a cnf of another method', (a) => ({ ...a, cnf: { 'x5t#S256': 'x' } })],
  ['a jkt that is a list', (a, jkt) => ({ ...a, cnf: { jkt: [jkt] } })],
  ['a jkt with padding', (a, jkt) => ({ ...a, cnf: { jkt: `${jkt}=` } })],
  ['a JWT without cnf', (a) => ({ ...a, access_token: unsignedJwt({ sub: 'x' }) })],
  ['a JWT with an empty cnf', (a) => ({ ...a, access_token: jwt({}) })],
  ['a JWT with another jkt', (a) => ({ ...a, access_token: jwt({ jkt: otherJkt }) })],
  ['a JWT whose cnf is a string', (a, jkt) => ({ ...a, access_token: jwt(jkt) })],
  [
    'a JWT whose payload is no JSON',
    (a) => ({ ...a, access_token: `${header('{"alg":"ES256"}')}.${header('x')}.c2ln` }),
  ],
  [
    'a JWT that repeats cnf',
    (a, jkt) => ({
      ...a,
      access_token: `${header('{"alg":"ES256"}')}.${header(`{"cnf":{"jkt":"${jkt}"},"cnf":{}}`)}.c2ln`,
    }),
  ],
  [
    'a JWT with white space in its header',
    (a) => ({ ...a, access_token: `${header(' {"alg":"ES256"}')}.${header('{}')}.c2ln` }),
  ],
]

/** Answers that are. */
const BOUND: readonly (readonly [string, (answer: Answer, jkt: string) => Answer])[] = [
  ['nothing changed', (a) => a],
  ['token_type in capitals', (a) => ({ ...a, token_type: 'DPOP' })],
  ['no cnf beside a JWT that has it', (a) => ({ ...a, cnf: undefined })],
  ['a second member in cnf', (a, jkt) => ({ ...a, cnf: { jkt, 'x5t#S256': 'x' } })],
  ['an opaque token', (a) => ({ ...a, access_token: 'opaque' })],
  ['an opaque token without cnf', (a) => ({ ...a, access_token: 'opaque', cnf: undefined })],
  ['an opaque token with two dots', (a) => ({ ...a, access_token: 'a.b.c' })],
]

describe('binding', () => {
  it.each(UNBOUND)(
    'CC-11: a login whose answer has %s begins no session',
    async (_name, change) => {
      const deployment = await deploy()
      const { server, jkt, signIn, browser } = deployment
      server.behaviour.tokenAnswer = (answer) => change(answer, jkt)
      expect(errorOf(await signIn())).toBe('binding_not_applied')
      expect(await isSignedIn(deployment)).toBe(false)
      expect(browser.jar.size).toBe(0)
      expect(server.revoked).toHaveLength(2)

      server.behaviour.tokenAnswer = (answer) => answer
      expect(errorOf(await signIn())).toBeUndefined()
    },
  )

  it.each(UNBOUND)(
    'CC-11, CC-25: a refresh whose answer has %s hands out nothing and keeps the session',
    async (_name, change) => {
      const deployment = await deploy()
      const { server, jkt, signIn, token, events } = deployment
      await signIn()
      server.behaviour.tokenAnswer = (answer) => change(answer, jkt)
      const answer = await token({ refresh: true })
      expect(answer.status).toBe(502)
      expect(await answer.json()).toEqual({
        error: 'binding_not_applied',
        error_description: expect.any(String) as string,
      })
      expect(server.revoked).toHaveLength(1)
      expect(events.map(({ type }) => type)).toContain('binding_not_applied')

      // The refresh token was rotated all the same, and the session goes on with the new one.
      server.behaviour.tokenAnswer = (good) => good
      expect((await token({ refresh: true })).status).toBe(200)
    },
  )

  it.each(BOUND)('CC-11: %s is bound', async (_name, change) => {
    const { server, jkt, signIn, token } = await deploy()
    server.behaviour.tokenAnswer = (answer) => change(answer, jkt)
    expect(errorOf(await signIn())).toBeUndefined()
    expect((await token({ refresh: true })).status).toBe(200)
    expect(server.revoked).toEqual([])
  })

  it('CC-12: an opaque token is bound by its type, and by the cnf of the answer where there is one', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    server.behaviour.jwtTokens = false
    for (const cnf of [undefined, { jkt: deployment.jkt }]) {
      server.behaviour.tokenAnswer = (answer) => ({ ...answer, cnf })
      expect(errorOf(await signIn())).toBeUndefined()
      expect((await token({ refresh: true })).status).toBe(200)
    }
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, cnf: { kid: deployment.jkt } })
    expect((await token({ refresh: true })).status).toBe(502)
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
    expect((await token({ refresh: true })).status).toBe(502)
  })

  it('CC-10: every request that mints a token carries the pinned jkt, form-encoded once', async () => {
    const { server, jkt, signIn, browser } = await deploy()
    await signIn()
    await browser.post('/bff/token', { jkt, refresh: true, tmb: { jkt: otherJkt }, cnf: {} })
    const forms = server.formsTo('/token')
    expect(forms.map((form) => form.get('grant_type'))).toEqual([
      'authorization_code',
      'refresh_token',
    ])
    for (const form of forms) expect(form.getAll('tmb')).toEqual([`{"jkt":"${jkt}"}`])
  })

  it('CC-14: mode tmb sends no DPoP header and no dpop_jkt', async () => {
    const { server, signIn, token } = await deploy()
    await signIn()
    await token({ refresh: true })
    for (const { headers, form } of server.forms) {
      expect(headers.has('DPoP')).toBe(false)
      expect(form.has('dpop_jkt')).toBe(false)
    }
  })

  it('CC-11, E1: an authorization server that ignores tmb gives the page nothing', async () => {
    const deployment = await deploy({ mode: 'tmb' })
    deployment.server.behaviour.knowsTmb = false
    deployment.server.behaviour.metadata = { tmb_supported: undefined }
    expect(errorOf(await deployment.signIn())).toBe('binding_not_applied')
    expect(deployment.server.revoked).toHaveLength(2)
  })

  const metadata: readonly (readonly [string, Record<string, unknown>])[] = [
    ['no way to bind', { tmb_supported: undefined }],
    ['tmb_supported false', { tmb_supported: false }],
    ['tmb_supported that is text', { tmb_supported: 'true' }],
    ['tmb for certificates only', { tmb_confirmation_methods_supported: ['x5t#S256'] }],
    ['only another grant', { tmb_supported: undefined, tmb_grant_types_supported: ['x'] }],
  ]
  it.each(metadata)('CC-13: with %s no login starts', async (_name, change) => {
    const { server, browser, jkt } = await deploy()
    server.behaviour.metadata = change
    const answer = await browser.post('/bff/login', { jkt })
    expect(answer.status).toBe(502)
    expect(await answer.json()).toMatchObject({ error: 'as_error' })
    expect(server.forms).toEqual([])
    expect((await browser.get('/bff/session')).status).toBe(200)
  })
})
