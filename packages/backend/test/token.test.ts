import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { API, deploy, type Deployment } from './support/deployment.js'
import { isSignedIn } from './support/login.js'

const otherJkt = await jktOf(await generateProofKey())
const OTHER_API = 'https://other.test'
const two = { [API]: ['orders.read', 'orders.write'], [OTHER_API]: ['stock.read'] }
const scope = 'openid offline_access orders.read orders.write stock.read'

const refreshesOf = ({ server }: Deployment) =>
  server
    .formsTo('/token')
    .filter((form) => form.get('grant_type') === 'refresh_token')
    .map((form) => ({ resource: form.get('resource'), scope: form.get('scope') }))

async function refusal(deployment: Deployment, body: Record<string, unknown>) {
  const answer = await deployment.token(body)
  const { error } = (await answer.json()) as { error?: string }
  return { status: answer.status, error }
}

describe('POST /token', () => {
  it('answers 401 no_session without a session', async () => {
    const deployment = await deploy()
    expect(await refusal(deployment, {})).toEqual({ status: 401, error: 'no_session' })
  })

  it('SES-16: another jkt is 409, and the session stays as it was', async () => {
    const deployment = await deploy()
    const { signIn, browser, jkt, events, server } = deployment
    await signIn()
    const before = new Map(browser.jar)
    expect(await refusal(deployment, { jkt: otherJkt, refresh: true })).toEqual({
      status: 409,
      error: 'key_mismatch',
    })
    expect(browser.jar).toEqual(before)
    expect(refreshesOf(deployment)).toEqual([])
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'key_mismatch', offeredJkt: otherJkt }),
    )
    expect(await refusal(deployment, { jkt })).toEqual({ status: 200 })
    expect(server.revoked).toEqual([])
  })

  it.each([undefined, null, '', 'x', 5, {}, []])('SES-17: the jkt %j is malformed', async (jkt) => {
    const deployment = await deploy()
    await deployment.signIn()
    expect(await refusal(deployment, { jkt })).toEqual({ status: 400, error: 'invalid_request' })
    expect(await refusal(deployment, {})).toEqual({ status: 200 })
  })

  const refused: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['no resource, of two', {}, 'invalid_target'],
    ['an unknown resource', { resource: 'https://evil.test' }, 'invalid_target'],
    ['a resource with a last slash', { resource: `${API}/` }, 'invalid_target'],
    ['a resource in capitals', { resource: API.toUpperCase() }, 'invalid_target'],
    ['a name of every object', { resource: 'toString' }, 'invalid_target'],
    ['a list of resources', { resource: [API] }, 'invalid_request'],
    ['a resource of null', { resource: null }, 'invalid_request'],
    ['an unknown scope', { resource: API, scope: 'admin' }, 'invalid_scope'],
    ['a scope of the other resource', { resource: API, scope: 'stock.read' }, 'invalid_scope'],
    ['one unknown scope of two', { resource: API, scope: 'orders.read x' }, 'invalid_scope'],
    ['an empty scope', { resource: API, scope: '' }, 'invalid_scope'],
    ['openid', { resource: API, scope: 'openid' }, 'invalid_scope'],
    ['offline_access', { resource: API, scope: 'offline_access orders.read' }, 'invalid_scope'],
    ['a list of scopes', { resource: API, scope: ['orders.read'] }, 'invalid_request'],
    ['a refresh that is text', { resource: API, refresh: 'true' }, 'invalid_request'],
    ['a refresh of null', { resource: API, refresh: null }, 'invalid_request'],
  ]
  it.each(refused)('CC-19: %s is refused, and nobody is asked', async (_name, body, error) => {
    const deployment = await deploy({ resources: two, scope })
    await deployment.signIn()
    expect(await refusal(deployment, { refresh: true, ...body })).toEqual({ status: 400, error })
    expect(refreshesOf(deployment)).toEqual([])
    expect(await refusal(deployment, { resource: API })).toEqual({ status: 200 })
  })

  it('CC-19: a scope that is configured and was not granted is refused', async () => {
    const deployment = await deploy()
    deployment.server.behaviour.tokenAnswer = (answer) => ({ ...answer, scope: 'orders.read' })
    await deployment.signIn()
    expect(await refusal(deployment, { scope: 'orders.write' })).toMatchObject({
      error: 'invalid_scope',
    })
    const answer = (await (await deployment.token()).json()) as { scope: string }
    expect(answer.scope).toBe('orders.read')
    expect(refreshesOf(deployment)).toEqual([])
  })

  it('CC-17: a remembered token with more scope is not handed out for less', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    const wide = (await (await deployment.token()).json()) as Record<string, unknown>
    const answer = await deployment.token({ scope: 'orders.read' })
    const narrow = (await answer.json()) as Record<string, unknown>
    expect(narrow['access_token']).not.toBe(wide['access_token'])
    expect(narrow['scope']).toBe('orders.read')
    expect(refreshesOf(deployment)).toEqual([{ resource: API, scope: 'orders.read' }])
  })

  it('CC-17: nor one that an authorization server issued with more than was asked', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    const { behaviour } = deployment.server
    behaviour.tokenAnswer = (answer) => ({ ...answer, scope: 'orders.read orders.write' })
    await deployment.token({ scope: 'orders.read' })
    behaviour.tokenAnswer = (answer) => answer
    const answer = (await (await deployment.token({ scope: 'orders.read' })).json()) as object
    expect(answer).toMatchObject({ scope: 'orders.read' })
    expect(refreshesOf(deployment)).toHaveLength(2)
  })

  it('CC-18: each resource and scope has its token, whatever the order of the scopes', async () => {
    const deployment = await deploy({ resources: two, scope })
    const { signIn, token } = deployment
    await signIn()
    const tokenOf = async (body: Record<string, unknown>): Promise<unknown> =>
      ((await (await token(body)).json()) as Record<string, unknown>)['access_token']
    const orders = await tokenOf({ resource: API })
    const stock = await tokenOf({ resource: OTHER_API })
    expect(stock).not.toBe(orders)
    expect(await tokenOf({ resource: API, scope: 'orders.write orders.read' })).toBe(orders)
    expect(await tokenOf({ resource: API, scope: 'orders.read orders.write orders.read' })).toBe(
      orders,
    )
    expect(await tokenOf({ resource: OTHER_API, scope: 'stock.read' })).toBe(stock)
    // The login's own token could do more than either of the two: it is handed out for neither.
    expect(refreshesOf(deployment)).toEqual([
      { resource: API, scope: 'orders.read orders.write' },
      { resource: OTHER_API, scope: 'stock.read' },
    ])
  })

  it('CC-18: a token with 30 s left is handed out, one with 29 s is not', async () => {
    const deployment = await deploy()
    const { signIn, token, clock } = deployment
    await signIn()
    clock.advance(270)
    expect(await (await token()).json()).toMatchObject({ expires_in: 30 })
    clock.advance(1)
    expect(await (await token()).json()).toMatchObject({ expires_in: 300 })
    expect(refreshesOf(deployment)).toHaveLength(1)
  })

  it('CC-18: one session never gets the token of another', async () => {
    const deployment = await deploy()
    const { app, signIn, token, browser } = deployment
    const { createTestBrowser } = await import('./support/test-browser.js')
    const other = createTestBrowser(app)
    await signIn()
    await signIn({}, other)
    const one = (await (await token({}, browser)).json()) as { access_token: string }
    const two = (await (await token({}, other)).json()) as { access_token: string }
    expect(one.access_token).not.toBe(two.access_token)
  })

  it('refresh: true skips what is remembered', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    await deployment.token({ refresh: true })
    await deployment.token({ refresh: false })
    expect(refreshesOf(deployment)).toHaveLength(1)
  })

  it('without a refresh token the session ends with its token: log in', async () => {
    const deployment = await deploy()
    const { server, clock } = deployment
    server.behaviour.tokenAnswer = (answer) => ({ ...answer, refresh_token: undefined })
    await deployment.signIn()
    expect(await refusal(deployment, {})).toEqual({ status: 200 })
    clock.advance(300)
    expect(await refusal(deployment, {})).toEqual({ status: 401, error: 'login_required' })
  })

  it('CC-16: an ended grant ends the session', async () => {
    const deployment = await deploy()
    const { server, browser, events } = deployment
    await deployment.signIn()
    server.endGrants()
    expect(await refusal(deployment, { refresh: true })).toEqual({
      status: 401,
      error: 'login_required',
    })
    expect(browser.jar.has('__Host-Http-tmb')).toBe(false)
    expect(browser.jar.has('__Host-Http-tmb-key')).toBe(true)
    expect(await refusal(deployment, {})).toEqual({ status: 401, error: 'no_session' })
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'session_ended', reason: 'grant_ended' }),
    )
  })

  const failures: readonly (readonly [string, number, unknown, number, string])[] = [
    ['500', 500, {}, 503, 'as_unavailable'],
    ['503', 503, {}, 503, 'as_unavailable'],
    ['429', 429, {}, 503, 'as_unavailable'],
    ['invalid_client', 401, { error: 'invalid_client' }, 502, 'as_error'],
    ['unauthorized_client', 400, { error: 'unauthorized_client' }, 502, 'as_error'],
    ['invalid_request', 400, { error: 'invalid_request' }, 502, 'as_error'],
    ['an error that is no word', 400, { error: '<b>' }, 502, 'as_error'],
    ['an error that is no string', 400, { error: 5 }, 502, 'as_error'],
    ['an empty object', 200, {}, 502, 'as_error'],
    ['a list', 200, [], 502, 'as_error'],
    ['an access token of another type', 200, { access_token: 5 }, 502, 'as_error'],
    ['a line end in the token', 200, { access_token: 'a\nb', token_type: 'DPoP' }, 502, 'as_error'],
    ['202', 202, { access_token: 'x', token_type: 'DPoP' }, 502, 'as_error'],
    ['404', 404, {}, 502, 'as_error'],
    ['invalid_scope', 400, { error: 'invalid_scope' }, 400, 'invalid_scope'],
    ['invalid_target', 400, { error: 'invalid_target' }, 400, 'invalid_target'],
    ['interaction_required', 400, { error: 'interaction_required' }, 401, 'login_required'],
  ]
  it.each(failures)(
    'an authorization server that answers %s costs nobody the session',
    async (_name, sent, body, status, error) => {
      const deployment = await deploy()
      const { server, signIn } = deployment
      await signIn()
      server.behaviour.answer['/token'] = async () =>
        new Response(JSON.stringify(body), {
          status: sent,
          headers: { 'Content-Type': 'application/json' },
        })
      expect(await refusal(deployment, { refresh: true })).toEqual({ status, error })
      expect(await isSignedIn(deployment)).toBe(true)

      server.behaviour.answer = {}
      expect(await refusal(deployment, { refresh: true })).toEqual({ status: 200 })
    },
  )

  it('503 says when to come again, within bounds', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    for (const [sent, seen] of [
      ['7', '7'],
      ['100000', '60'],
      ['0', '1'],
      ['Wed, 21 Oct 2026 07:28:00 GMT', '5'],
      ['', '5'],
    ] as const) {
      server.behaviour.answer['/token'] = async () =>
        new Response('down', { status: 503, headers: { 'Retry-After': sent } })
      const answer = await token({ refresh: true })
      expect(answer.headers.get('Retry-After')).toBe(seen)
    }
  })

  it('CC-24: what a step-up demands comes along', async () => {
    const deployment = await deploy()
    const { server, signIn, token } = deployment
    await signIn()
    server.behaviour.answer['/token'] = async () =>
      Response.json(
        { error: 'insufficient_user_authentication', acr_values: 'phr', max_age: 60, x: 'secret' },
        { status: 400 },
      )
    const answer = await token({ refresh: true })
    expect(answer.status).toBe(401)
    expect(await answer.json()).toEqual({
      error: 'login_required',
      error_description: expect.any(String) as string,
      acr_values: 'phr',
      max_age: 60,
    })
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('CC-17: the token of a login that can do more than the resource asks for is not handed out', async () => {
    const deployment = await deploy({ scope: 'openid offline_access profile orders.read' })
    deployment.server.behaviour.tokenAnswer = (answer, form) =>
      form.get('grant_type') === 'authorization_code'
        ? { ...answer, scope: 'openid offline_access profile orders.read' }
        : answer
    await deployment.signIn()
    const answer = await deployment.token({ scope: 'orders.read' })
    expect(await answer.json()).toMatchObject({ scope: 'orders.read' })
    expect(refreshesOf(deployment)).toEqual([{ resource: API, scope: 'orders.read' }])
  })

  it.each(['resource', 'scope'])(
    'a %s that is no text is malformed, session or not',
    async (name) => {
      const deployment = await deploy()
      const malformed = { status: 400, error: 'invalid_request' }
      expect(await refusal(deployment, { [name]: 1 })).toEqual(malformed)
      await deployment.signIn()
      expect(await refusal(deployment, { [name]: 1 })).toEqual(malformed)
      expect((await deployment.token()).status).toBe(200)
    },
  )

  it('CC-20: the lifetime of a token is in the audit', async () => {
    const deployment = await deploy()
    deployment.server.behaviour.lifetimeSeconds = 86_400
    await deployment.signIn()
    await deployment.token({ refresh: true })
    expect(deployment.events).toContainEqual(
      expect.objectContaining({ type: 'access_token_issued', lifetimeSeconds: 86_400 }),
    )
  })

  it('CC-22: an authorization server that is not there is 503', async () => {
    const deployment = await deploy()
    await deployment.signIn()
    deployment.server.behaviour.answer['/token'] = async () => {
      throw new TypeError('fetch failed')
    }
    expect(await refusal(deployment, { refresh: true })).toEqual({
      status: 503,
      error: 'as_unavailable',
    })
    expect(await isSignedIn(deployment)).toBe(true)
  })
})
