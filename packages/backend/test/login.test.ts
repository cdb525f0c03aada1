import { describe, expect, it } from 'vitest'
import { API, deploy, type Deployment } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { errorOf, startLogin } from './support/login.js'
import { ORIGIN } from './support/test-browser.js'

const OTHER_API = 'https://other.test'

async function refusalOf({ browser, jkt }: Deployment, body: Record<string, unknown>) {
  const answer = await browser.post('/bff/login', { jkt, ...body })
  const { error } = (await answer.json()) as { error?: string }
  return { status: answer.status, error, cookies: answer.headers.getSetCookie() }
}

describe('POST /login', () => {
  it('CC-03, CC-04: asks with PKCE S256, state and nonce, new for each transaction', async () => {
    const deployment = await deploy()
    await startLogin(deployment)
    await startLogin(deployment)
    const [first, second] = deployment.server.formsTo('/par')
    for (const name of ['state', 'nonce', 'code_challenge']) {
      expect(first!.get(name)!.length).toBeGreaterThanOrEqual(43)
      expect(first!.get(name)).not.toBe(second!.get(name))
    }
    expect(first!.get('code_challenge_method')).toBe('S256')
    expect(first!.get('response_type')).toBe('code')
    expect(first!.get('redirect_uri')).toBe(`${ORIGIN}/bff/callback`)
    expect(first!.getAll('resource')).toEqual([API])
    expect(first!.get('scope')).toBe('openid offline_access orders.read orders.write')
  })

  it('CC-08: the one redirect URI is the configured one, at both ends', async () => {
    const { server, signIn, browser, jkt } = await deploy()
    expect((await signIn()).status).toBe(303)
    await browser.post('/bff/login', { jkt, redirect_uri: 'https://evil.test/' })
    const exact = 'https://app.test/bff/callback'
    expect(server.formsTo('/par').map((form) => form.getAll('redirect_uri'))).toEqual([
      [exact],
      [exact],
    ])
    expect(server.formsTo('/token')[0]?.getAll('redirect_uri')).toEqual([exact])
  })

  it('META-03: the issuer of the metadata, of the answer and of the ID token is one string', async () => {
    const { server, signIn } = await deploy()
    expect(errorOf(await signIn())).toBeUndefined()
    server.behaviour.idTokenClaims = { iss: `${ISSUER}/` }
    expect(errorOf(await signIn())).toBe('as_error')
    server.behaviour.idTokenClaims = {}
    server.behaviour.metadata = { authorization_response_iss_parameter_supported: true }
    expect(errorOf(await signIn())).toBeUndefined()
  })

  it('CC-07: with PAR only the client and a reference go through the browser', async () => {
    const deployment = await deploy()
    const url = new URL(await startLogin(deployment))
    expect(url.origin + url.pathname).toBe(`${ISSUER}/auth`)
    expect([...url.searchParams.keys()].sort()).toEqual(['client_id', 'request_uri'])
    expect(url.searchParams.get('client_id')).toBe(CLIENT_ID)
    expect(deployment.server.forms[0]?.headers.get('Authorization')).toMatch(/^Basic /)
  })

  it('META-07: without PAR in the metadata the request goes through the browser', async () => {
    const deployment = await deploy()
    deployment.server.behaviour.metadata = { pushed_authorization_request_endpoint: undefined }
    const query = new URL(await startLogin(deployment)).searchParams
    expect(query.get('code_challenge_method')).toBe('S256')
    expect(query.get('client_id')).toBe(CLIENT_ID)
    expect(deployment.server.forms).toEqual([])
  })

  it('an authorization endpoint with a query keeps it', async () => {
    const deployment = await deploy()
    deployment.server.behaviour.metadata = { authorization_endpoint: `${ISSUER}/auth?tenant=1` }
    const url = await startLogin(deployment)
    expect(new URL(url).searchParams.get('tenant')).toBe('1')
    expect(new URL(url).searchParams.has('request_uri')).toBe(true)
  })

  it('passes on what the page may say, and nothing else', async () => {
    const deployment = await deploy()
    await startLogin(deployment, {
      scope: 'orders.read',
      resource: API,
      prompt: 'consent',
      max_age: 60,
      acr_values: 'phr',
      login_hint: 'alice',
      ui_locales: 'de en',
      client_id: 'evil',
      redirect_uri: 'https://evil.test',
      dpop_jkt: 'evil',
      claims: '{}',
      tmb: '{}',
    })
    const form = Object.fromEntries(deployment.server.formsTo('/par')[0]!)
    const { state, nonce, code_challenge, ...rest } = form
    expect([state, nonce, code_challenge].every((value) => value !== undefined)).toBe(true)
    expect(rest).toEqual({
      response_type: 'code',
      client_id: CLIENT_ID,
      redirect_uri: `${ORIGIN}/bff/callback`,
      scope: 'openid offline_access orders.read',
      resource: API,
      code_challenge_method: 'S256',
      prompt: 'consent',
      max_age: '60',
      acr_values: 'phr',
      login_hint: 'alice',
      ui_locales: 'de en',
    })
  })

  const jkts: readonly unknown[] = [
    undefined,
    null,
    '',
    'x',
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4',
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4II',
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4J',
    '0ZcOCORZNYy+DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I=',
    ' 0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I',
    '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I\n',
    5,
    {},
    ['0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'],
  ]
  it.each(jkts)('SES-17: the jkt %j is refused', async (jkt) => {
    const deployment = await deploy()
    expect(await refusalOf(deployment, { jkt })).toEqual({
      status: 400,
      error: 'invalid_jkt',
      cookies: [],
    })
    expect(await refusalOf(deployment, {})).toMatchObject({ status: 200 })
  })

  const refused: readonly (readonly [string, Record<string, unknown>, string])[] = [
    ['a scope outside the configuration', { scope: 'admin' }, 'invalid_scope'],
    ['one such scope among others', { scope: 'orders.read admin' }, 'invalid_scope'],
    ['an empty scope', { scope: '' }, 'invalid_scope'],
    ['a scope that is no string', { scope: ['orders.read'] }, 'invalid_request'],
    ['a scope that is null', { scope: null }, 'invalid_request'],
    ['a resource outside the configuration', { resource: OTHER_API }, 'invalid_target'],
    ['a resource with another last slash', { resource: `${API}/` }, 'invalid_target'],
    ['a resource that is no string', { resource: [API] }, 'invalid_request'],
    ['an unknown prompt', { prompt: 'create' }, 'invalid_request'],
    ['prompt none with another', { prompt: 'none login' }, 'invalid_request'],
    ['a negative max_age', { max_age: -1 }, 'invalid_request'],
    ['a fractional max_age', { max_age: 1.5 }, 'invalid_request'],
    ['a max_age that is text', { max_age: '60' }, 'invalid_request'],
    ['acr_values that are a list', { acr_values: ['phr'] }, 'invalid_request'],
    ['a login_hint that is a number', { login_hint: 5 }, 'invalid_request'],
    ['a login_hint of 513 characters', { login_hint: 'x'.repeat(513) }, 'invalid_request'],
    ['a line end in ui_locales', { ui_locales: 'de\nen' }, 'invalid_request'],
  ]
  it.each(refused)('CC-19: %s is refused, and nobody is asked', async (_name, body, error) => {
    const deployment = await deploy()
    await startLogin(deployment)
    const sent = deployment.server.forms.length
    expect(await refusalOf(deployment, body)).toEqual({ status: 400, error, cookies: [] })
    expect(deployment.server.forms).toHaveLength(sent)
    await startLogin(deployment)
  })

  it('may ask for scopes of a resource that the default login leaves out', async () => {
    const deployment = await deploy({ resources: { [API]: ['orders.read', 'orders.admin'] } })
    await startLogin(deployment, { scope: 'orders.admin' })
    expect(deployment.server.formsTo('/par')[0]?.get('scope')).toBe(
      'openid offline_access orders.admin',
    )
  })

  it('SES-30: no member of a request makes the backend call anybody else', async () => {
    const deployment = await deploy()
    const { browser, jkt, origins, signIn } = deployment
    await signIn()
    const probe = 'https://probe.test/x'
    const members = ['issuer', 'jku', 'request_uri', 'resource', 'return_to', 'iss', 'logout_token']
    const body = Object.fromEntries(members.map((name) => [name, probe]))
    for (const path of ['/bff/login', '/bff/token', '/bff/logout', '/bff/backchannel-logout']) {
      await browser.post(path, { jkt, ...body })
      for (const name of members) await browser.post(path, { jkt, [name]: probe })
    }
    await browser.navigate(`/bff/callback?state=x&iss=${probe}&code=y`)
    expect(new Set(origins.requests.map(({ url }) => new URL(url).origin))).toEqual(
      new Set([ISSUER]),
    )
  })

  it('SES-27: Host and forwarded headers change nothing', async () => {
    const deployment = await deploy()
    const { browser, jkt, server } = deployment
    await browser.post(
      '/bff/login',
      { jkt },
      { Host: 'evil.test', 'X-Forwarded-Host': 'evil.test', Forwarded: 'host=evil.test' },
    )
    expect(server.formsTo('/par')[0]?.get('redirect_uri')).toBe(`${ORIGIN}/bff/callback`)
  })
})
