import { describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { CLIENT_ID } from './support/fake-authorization-server.js'
import { errorOf, isSignedIn, startLogin } from './support/login.js'

type Change = (deployment: Deployment) => void
const claims =
  (change: Record<string, unknown>): Change =>
  ({ server }) => {
    server.behaviour.idTokenClaims = change
  }
const header =
  (change: Record<string, unknown>): Change =>
  ({ server }) => {
    server.behaviour.idTokenHeader = change
  }
const idToken =
  (change: (value: unknown) => unknown): Change =>
  ({ server }) => {
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, id_token: change(answer['id_token']) })
  }
const now = 1_800_000_000

const REFUSED: readonly (readonly [string, Change])[] = [
  ['no ID token', idToken(() => undefined)],
  ['an ID token that is no JWT', idToken(() => 'x.y.z')],
  ['an ID token that is no string', idToken(() => 5)],
  ['another iss', claims({ iss: 'https://evil.test' })],
  ['an iss with a last slash', claims({ iss: 'https://as.test/' })],
  ['no iss', claims({ iss: undefined })],
  ['another aud', claims({ aud: 'other' })],
  ['no aud', claims({ aud: undefined })],
  ['two audiences without azp', claims({ aud: [CLIENT_ID, 'other'] })],
  ['another azp', claims({ azp: 'other' })],
  ['two audiences and another azp', claims({ aud: [CLIENT_ID, 'other'], azp: 'other' })],
  ['an exp in the past', claims({ exp: now - 11 })],
  ['no exp', claims({ exp: undefined })],
  ['an exp that is text', claims({ exp: '9999999999' })],
  ['no iat', claims({ iat: undefined })],
  ['an nbf in the future', claims({ nbf: now + 60 })],
  ['another nonce', claims({ nonce: 'x' })],
  ['no nonce', claims({ nonce: undefined })],
  ['no sub', claims({ sub: undefined })],
  ['an empty sub', claims({ sub: '' })],
  ['a sub that is a number', claims({ sub: 5 })],
  ['an auth_time that is text', claims({ auth_time: 'x' })],
  ['alg none', header({ alg: 'none' })],
  ['alg HS256', header({ alg: 'HS256' })],
  ['an alg that the metadata does not list', header({ alg: 'ES384' })],
  ['an unknown kid', header({ kid: 'x' })],
  ['a critical header', header({ crit: ['x'], x: 1 })],
  ['a changed signature', idToken((value) => `${String(value).slice(0, -8)}AAAAAAAA`)],
  ['no signature', idToken((value) => String(value).replace(/[^.]+$/, ''))],
]

describe('ID token', () => {
  it.each(REFUSED)(
    'CC-09: %s fails the login, and the tokens are revoked',
    async (_name, change) => {
      const deployment = await deploy()
      const { browser, server } = deployment
      change(deployment)
      const answer = await browser.navigate(server.authorize(await startLogin(deployment)))
      expect(errorOf(answer)).toBe('as_error')
      expect(await isSignedIn(deployment)).toBe(false)
      expect(browser.jar.has('__Host-Http-tmb')).toBe(false)
      expect(browser.jar.has('__Host-Http-tmb-key')).toBe(false)
      expect(server.revoked).toHaveLength(2)
    },
  )

  const accepted: readonly (readonly [string, Change])[] = [
    ['nothing changed', claims({})],
    ['a list of one audience', claims({ aud: [CLIENT_ID] })],
    ['two audiences and our azp', claims({ aud: [CLIENT_ID, 'other'], azp: CLIENT_ID })],
    ['a clock that is 10 s behind', claims({ exp: now - 9 })],
    ['claims that nobody knows', claims({ x: { y: 1 } })],
    ['no kid', header({ kid: undefined })],
  ]
  it.each(accepted)('CC-09: with %s the login goes through', async (_name, change) => {
    const deployment = await deploy()
    change(deployment)
    expect(errorOf(await deployment.signIn())).toBeUndefined()
    expect(await isSignedIn(deployment)).toBe(true)
  })

  const skews: readonly (readonly [string, Change])[] = [
    ['an iat 11 s ahead', claims({ iat: now + 11 })],
    ['an nbf 11 s ahead', claims({ nbf: now + 11 })],
    ['an exp 11 s ago', claims({ exp: now - 11 })],
  ]
  it.each(skews)('CC-09, T-34: %s is refused as a clock that is wrong', async (_name, change) => {
    const deployment = await deploy()
    change(deployment)
    expect(errorOf(await deployment.signIn())).toBe('as_error')
    expect(deployment.events).toContainEqual({
      type: 'authorization_server_failed',
      code: 'clock_skew',
      status: undefined,
      error: undefined,
    })
    deployment.server.behaviour.idTokenClaims = { iat: now + 10, nbf: now + 10 }
    expect(errorOf(await deployment.signIn())).toBeUndefined()
  })

  it('CC-09: a forged token does not pass for a wrong clock', async () => {
    const deployment = await deploy()
    const { server, events, signIn } = deployment
    server.behaviour.idTokenClaims = { iat: now + 3600, aud: 'other' }
    expect(errorOf(await signIn())).toBe('as_error')
    server.behaviour.idTokenClaims = { iat: now + 3600 }
    server.behaviour.tokenAnswer = (answer) => ({
      ...answer,
      id_token: `${String(answer['id_token']).slice(0, -8)}AAAAAAAA`,
    })
    expect(errorOf(await signIn())).toBe('as_error')
    const codes = events.flatMap((event) =>
      event.type === 'authorization_server_failed' ? [event.code] : [],
    )
    expect(codes).toEqual(['response_invalid', 'response_invalid'])
  })

  it('META-09: a key that the server rotated in is fetched without a restart', async () => {
    const deployment = await deploy()
    expect(errorOf(await deployment.signIn())).toBeUndefined()
    await deployment.server.rotateKey()
    expect(errorOf(await deployment.signIn())).toBeUndefined()
  })

  it('META-09: a flood of unknown keys fetches the key set once in 30 s', async () => {
    const deployment = await deploy()
    const { server, origins, signIn, clock } = deployment
    await signIn()
    server.behaviour.idTokenHeader = { kid: 'x' }
    const fetches = () => origins.requests.filter(({ url }) => url.endsWith('/jwks')).length
    expect(fetches()).toBe(1)
    expect(errorOf(await signIn())).toBe('as_error')
    expect(errorOf(await signIn())).toBe('as_error')
    expect(fetches()).toBe(2)
    clock.advance(30)
    expect(errorOf(await signIn())).toBe('as_error')
    expect(fetches()).toBe(3)
  })

  it('META-09: the key set survives an authorization server that fails', async () => {
    const deployment = await deploy()
    const { server, signIn, clock } = deployment
    await signIn()
    server.behaviour.answer['/jwks'] = async () => new Response('', { status: 500 })
    clock.advance(3600)
    expect(errorOf(await signIn())).toBeUndefined()
  })

  it('META-09: old keys serve on while the server fails, and it is asked once in 30 s', async () => {
    const deployment = await deploy()
    const { server, signIn, clock, origins } = deployment
    await signIn()
    const fetches = () => origins.requests.filter(({ url }) => url.endsWith('/jwks')).length
    server.behaviour.answer['/jwks'] = async () => new Response('', { status: 500 })
    clock.advance(3600)
    for (let login = 0; login < 3; login += 1) expect(errorOf(await signIn())).toBeUndefined()
    expect(fetches()).toBe(2)
    clock.advance(30)
    expect(errorOf(await signIn())).toBeUndefined()
    expect(fetches()).toBe(3)
    server.behaviour.answer = {}
    clock.advance(30)
    for (let login = 0; login < 3; login += 1) expect(errorOf(await signIn())).toBeUndefined()
    expect(fetches()).toBe(4)
  })

  it('SES-28: only the listed claims are kept, and their values are not touched', async () => {
    const deployment = await deploy({ claims: ['sub', 'roles', '__proto__', 'toString'] })
    deployment.server.behaviour.idTokenClaims = { roles: ['a', { b: 1 }] }
    await deployment.signIn()
    const { claims: seen } = (await (await deployment.browser.get('/bff/session')).json()) as {
      claims: unknown
    }
    expect(seen).toEqual({ sub: 'user-1', roles: ['a', { b: 1 }] })
  })
})
