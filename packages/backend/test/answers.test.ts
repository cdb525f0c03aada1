import { RefusalError, REFUSALS } from '@tmb-kit/backend'
import { describe, expect, it } from 'vitest'
import { CLIENT_SECRET, deploy, SECRET } from './support/deployment.js'
import { startLogin } from './support/login.js'
import { ORIGIN } from './support/test-browser.js'

/** Runs through every endpoint and most outcomes of it. */
async function everyOutcome() {
  const deployment = await deploy()
  const { browser, jkt, server, signIn, token } = deployment
  server.behaviour.metadata = { pushed_authorization_request_endpoint: 'https://as.test/par' }
  await browser.get('/bff/session')
  await browser.get('/bff/nothing')
  await browser.get('/bff')
  await browser.get('/bff/session', { 'X-CSRF': undefined })
  await browser.post('/bff/session', {})
  await browser.post('/bff/login', '{')
  await browser.post('/bff/login', { jkt: 'x' })
  await browser.post('/bff/login', { jkt, return_to: '//evil' })
  await browser.post('/bff/token', { jkt })
  await browser.post('/bff/token', 'x'.repeat(9000))
  await browser.post('/bff/token', {}, { 'Content-Type': 'text/plain' })
  await browser.post('/bff/backchannel-logout', {})
  await browser.navigate('/bff/callback')
  const denied = await startLogin(deployment)
  await browser.navigate(server.authorize(denied, { error: 'access_denied', code: undefined }))
  server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
  await signIn()
  server.behaviour.tokenAnswer = (answer) => answer
  await signIn()
  await browser.get('/bff/session')
  await token()
  await token({ refresh: true })
  await token({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
  await token({ scope: 'admin' })
  server.behaviour.answer['/token'] = async () =>
    Response.json(
      { error: 'canary-word', error_description: 'canary <script>', error_uri: 'https://canary' },
      { status: 400 },
    )
  await token({ refresh: true })
  server.behaviour.answer['/token'] = async () => {
    throw new TypeError('canary-in-a-fetch-error')
  }
  await token({ refresh: true })
  await signIn()
  server.behaviour.answer = {}
  server.endGrants()
  await token({ refresh: true })
  await signIn()
  await browser.post('/bff/logout', {})
  return deployment
}

describe('answers', () => {
  it('SES-14: every answer carries the protective headers, whatever it says', async () => {
    const { browser } = await everyOutcome()
    const statuses = new Set(browser.answers.map(({ response }) => response.status))
    expect([...statuses].sort()).toEqual([
      200, 303, 400, 401, 403, 404, 405, 409, 413, 415, 501, 502, 503,
    ])
    for (const { response, path } of browser.answers) {
      const { headers } = response
      expect(headers.get('Cache-Control'), path).toBe('no-store')
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Referrer-Policy')).toBe('no-referrer')
      expect(headers.get('Content-Security-Policy')).toBe("frame-ancestors 'none'")
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin')
      expect(headers.get('X-Frame-Options')).toBe('DENY')
    }
  })

  it('refusals are our own words in JSON, and nothing else', async () => {
    const { browser } = await everyOutcome()
    const refusals = browser.answers.filter(
      ({ response, path }) => response.status >= 400 && path !== '/bff/callback',
    )
    for (const { response, body } of refusals) {
      expect(response.headers.get('Content-Type')).toMatch(/^application\/json/)
      const {
        error,
        error_description: description,
        ...rest
      } = JSON.parse(body) as {
        error: keyof typeof REFUSALS
        error_description: string
      }
      expect(REFUSALS[error]).toMatchObject({ status: response.status, message: description })
      expect(rest).toEqual({})
    }
  })

  it('CC-21, CC-26, BR-27: no secret, and no text of the authorization server, gets out', async () => {
    const { browser, server, events, origins } = await everyOutcome()
    const secrets = [...server.secrets].filter((value) => value.length > 8)
    expect(secrets.length).toBeGreaterThan(15)
    const hidden = [...secrets, SECRET, CLIENT_SECRET, 'canary-word', 'canary <script>', '@canary']

    const seen: string[] = events.map((event) => JSON.stringify(event))
    for (const { response, path, body } of browser.answers) {
      const rest = path === '/bff/token' ? withoutToken(body) : { body }
      const headers = [...response.headers].filter(([name]) => name !== 'set-cookie')
      seen.push(JSON.stringify(rest), JSON.stringify(headers), response.url)
    }
    // What is in a cookie is sealed: not even that is readable.
    for (const { response } of browser.answers) seen.push(response.headers.getSetCookie().join())
    for (const { url } of origins.requests) seen.push(url)
    const leaked = hidden.filter((value) => seen.some((text) => text.includes(value)))
    // The word of the authorization server goes to the operator's events, and nowhere else.
    expect(leaked).toEqual(['canary-word'])
    const wire = seen.slice(events.length)
    expect(wire.some((text) => text.includes('canary-word'))).toBe(false)
  })

  it('SES-15: the only answer with a token is that of POST /token', async () => {
    const { browser } = await everyOutcome()
    const paths = browser.answers
      .filter(({ body }) => body.includes('access_token'))
      .map(({ path }) => path)
    expect(new Set(paths)).toEqual(new Set(['/bff/token']))
    expect(browser.answers.some(({ body }) => /refresh_token|id_token/.test(body))).toBe(false)
  })

  it('a listener that throws harms nobody', async () => {
    const { browser, signIn } = await deploy({
      onEvent: () => {
        throw new Error('full disk')
      },
    })
    await signIn()
    expect((await browser.get('/bff/session')).status).toBe(200)
  })

  it('a fault of our own is 500 without a stack', async () => {
    const { browser, signIn, restart } = await deploy()
    await signIn()
    const broken = restart({
      clock: () => {
        throw new Error('canary-stack')
      },
    })
    const { createTestBrowser } = await import('./support/test-browser.js')
    const answer = await createTestBrowser(broken, browser.jar).get('/bff/session')
    expect(answer.status).toBe(500)
    expect(await answer.json()).toEqual({
      error: 'server_error',
      error_description: 'The backend failed.',
    })
    expect(answer.headers.get('Cache-Control')).toBe('no-store')
    expect(ORIGIN).toBe('https://app.test')
  })

  it('a refusal is an error with a code of the table', () => {
    const error = new RefusalError('no_session')
    expect(error).toMatchObject({ name: 'RefusalError', code: 'no_session' })
    expect(error.message).toBe(REFUSALS.no_session.message)
  })
})

/** The one thing that the page is to get. */
function withoutToken(body: string): Record<string, unknown> {
  const members = Object.entries(JSON.parse(body) as Record<string, unknown>)
  return Object.fromEntries(members.filter(([name]) => name !== 'access_token'))
}
