import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { REDIRECT_URI } from './support/clients.js'
import { memoryAdapter } from './support/memory-adapter.js'
import { createUserAgent } from './support/user-agent.js'

const tmb = JSON.stringify({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
const CHALLENGE = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM'

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

const without = (
  parameters: Readonly<Record<string, string>>,
  name: string,
): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(parameters).filter(([other]) => other !== name))

const push = async (changes: Readonly<Record<string, string>>, taken = '') => {
  const parameters = {
    client_id: 'basic',
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: CHALLENGE,
    code_challenge_method: 'S256',
    ...changes,
  }
  return as.post('/request', { parameters: without(parameters, taken) })
}

describe('AS-22: PKCE is enforced with tmb as without', () => {
  it.each([
    ['no challenge', {}, 'code_challenge'],
    ['the method plain', { code_challenge_method: 'plain' }, ''],
  ])('an authorization request with %s is refused', async (_what, changes, taken) => {
    expect(await push(changes, taken)).toMatchObject({
      status: 400,
      body: { error: 'invalid_request' },
    })
    expect((await push({})).status).toBe(201)
  })

  it.each([
    ['no verifier', undefined],
    ['another verifier', 'x'.repeat(64)],
  ])('a code is not redeemed with %s', async (_what, verifier) => {
    const grant = { ...(await as.authorize()), tmb }
    const changed =
      verifier === undefined
        ? without(grant, 'code_verifier')
        : { ...grant, code_verifier: verifier }
    const refused = await as.token({ parameters: changed })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })
})

describe('AS-22: redirect URIs are compared as strings', () => {
  it.each([
    `${REDIRECT_URI}/`,
    `${REDIRECT_URI}?more=1`,
    REDIRECT_URI.replace('https', 'http'),
    REDIRECT_URI.replace('app', 'APP'),
    'https://evil.test/bff/callback',
  ])('%s is refused', async (redirectUri) => {
    expect((await push({ redirect_uri: redirectUri })).status).toBe(400)
  })

  it('a code is redeemed with the one it was asked for', async () => {
    const grant = { ...(await as.authorize()), tmb }
    const refused = await as.token({ parameters: { ...grant, redirect_uri: `${REDIRECT_URI}/` } })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await as.token({ parameters: grant })).status).toBe(200)
  })
})

it('AS-22: a code lives a minute', async () => {
  const adapter = memoryAdapter()
  const lifetimes: number[] = []
  const watched = await startAuthorizationServer({
    configuration: {
      adapter: (model: string) => ({
        ...adapter(model),
        upsert: async (id: string, payload: Record<string, unknown>) => {
          if (model === 'AuthorizationCode' && payload['consumed'] === undefined) {
            lifetimes.push(Number(payload['exp']) - Number(payload['iat']))
          }
          return adapter(model).upsert(id, payload)
        },
      }),
    },
  })
  await watched.authorize()
  await watched.close()
  expect(lifetimes).toEqual([60])
})

it('AS-22: a code counts once, and a second try takes the token of the first away', async () => {
  const grant = { ...(await as.authorize()), tmb }
  const first = await as.token({ parameters: grant })
  expect(first.status).toBe(200)
  const second = await as.token({ parameters: grant })
  expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  const introspected = await as.post('/token/introspection', {
    parameters: { token: String(first.body['access_token']) },
  })
  expect(introspected.body).toEqual({ active: false })
})

it('AS-22: the authorization response names the issuer, and no redirect repeats a form', async () => {
  const pushed = await push({})
  const query = new URLSearchParams({
    client_id: 'basic',
    request_uri: String(pushed.body['request_uri']),
  })
  const userAgent = createUserAgent(as.issuer)
  const callback = await userAgent.navigate(`${as.issuer}/auth?${query}`)
  expect(callback.searchParams.get('iss')).toBe(as.issuer)
  expect(userAgent.statuses.length).toBeGreaterThan(2)
  expect(userAgent.statuses).not.toContain(307)
  expect(userAgent.statuses).not.toContain(308)
})
