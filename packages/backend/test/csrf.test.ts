import { describe, expect, it } from 'vitest'
import { deploy } from './support/deployment.js'
import { ORIGIN } from './support/test-browser.js'

type Headers = Record<string, string | undefined>

const REFUSED: readonly (readonly [string, Headers])[] = [
  ['no X-CSRF', { 'X-CSRF': undefined }],
  ['an empty X-CSRF', { 'X-CSRF': '' }],
  ['another X-CSRF', { 'X-CSRF': '2' }],
  ['a longer X-CSRF', { 'X-CSRF': '1, 1' }],
  ['a cross-site fetch', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a same-site fetch', { 'Sec-Fetch-Site': 'same-site' }],
  ['a fetch by the user', { 'Sec-Fetch-Site': 'none' }],
  ['another origin', { Origin: 'https://evil.test' }],
  ['an origin that begins like ours', { Origin: `${ORIGIN}.evil` }],
  ['a sibling domain', { Origin: 'https://x.app.test' }],
  ['another scheme', { Origin: 'http://app.test' }],
  ['another port', { Origin: `${ORIGIN}:8443` }],
  ['the origin null', { Origin: 'null' }],
]
const POST_ONLY: readonly (readonly [string, Headers])[] = [
  ['neither Origin nor Sec-Fetch-Site', { Origin: undefined, 'Sec-Fetch-Site': undefined }],
]

describe('CSRF guard', () => {
  it.each(REFUSED)('SES-11, SES-12: GET /session with %s is refused', async (_name, headers) => {
    const { browser, signIn } = await deploy()
    await signIn()
    expect((await browser.get('/bff/session')).status).toBe(200)

    const answer = await browser.get('/bff/session', headers)
    expect(answer.status).toBe(403)
    expect(await answer.json()).toMatchObject({ error: 'csrf_rejected' })
    expect((await browser.get('/bff/session')).status).toBe(200)
  })

  it.each([...REFUSED, ...POST_ONLY])(
    'SES-11, SES-12, LO-02: POST with %s is refused, without any effect',
    async (_name, headers) => {
      const { browser, server, signIn, token, jkt, events } = await deploy()
      await signIn()
      const sent = server.forms.length
      for (const path of ['/bff/login', '/bff/token', '/bff/logout']) {
        const answer = await browser.post(path, { jkt, refresh: true }, headers)
        expect(answer.status).toBe(403)
        expect(await answer.json()).toMatchObject({ error: 'csrf_rejected' })
        expect(answer.headers.getSetCookie()).toEqual([])
      }
      expect(server.forms).toHaveLength(sent)
      expect(events.filter(({ type }) => type === 'csrf_rejected')).toHaveLength(3)
      expect((await token()).status).toBe(200)
    },
  )

  it('SES-12: a POST needs only one of Origin and Sec-Fetch-Site, and a GET neither', async () => {
    const { browser, signIn, jkt } = await deploy()
    await signIn()
    const bare = { Origin: undefined, 'Sec-Fetch-Site': undefined }
    expect((await browser.post('/bff/token', { jkt }, { Origin: undefined })).status).toBe(200)
    expect(
      (await browser.post('/bff/token', { jkt }, { 'Sec-Fetch-Site': undefined })).status,
    ).toBe(200)
    expect((await browser.get('/bff/session', bare)).status).toBe(200)
  })

  it('SES-11: the guard comes before the session is read and the body is looked at', async () => {
    const { browser } = await deploy()
    browser.jar.set('__Host-Http-tmb', 'nonsense')
    expect((await browser.post('/bff/token', '{', { 'X-CSRF': undefined })).status).toBe(403)
  })

  it('SES-23: a login that no script fetched is refused', async () => {
    const { browser, jkt } = await deploy()
    const from = async (destination: string) =>
      browser.post('/bff/login', { jkt }, { 'Sec-Fetch-Dest': destination })
    expect((await from('empty')).status).toBe(200)
    for (const destination of ['document', 'iframe', 'image', 'script']) {
      expect((await from(destination)).status).toBe(403)
    }
  })
})

describe('methods', () => {
  const endpoints: readonly (readonly [string, string])[] = [
    ['/bff/session', 'GET'],
    ['/bff/login', 'POST'],
    ['/bff/callback', 'GET'],
    ['/bff/token', 'POST'],
    ['/bff/logout', 'POST'],
    ['/bff/backchannel-logout', 'POST'],
  ]
  it.each(endpoints)('SES-15, SES-19, LO-04: %s takes %s alone', async (path, allowed) => {
    const { browser, jkt } = await deploy()
    const others = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD', 'OPTIONS']
    for (const method of others.filter((other) => other !== allowed)) {
      const answer = await browser.send(
        new Request(`${ORIGIN}${path}?jkt=${jkt}`, { method, headers: { 'X-CSRF': '1' } }),
      )
      expect(answer.status, method).toBe(405)
      expect(answer.headers.get('Allow')).toBe(allowed)
      expect(answer.headers.getSetCookie()).toEqual([])
    }
  })

  it('SES-13: nothing that another site asks is answered with a CORS header', async () => {
    const { browser } = await deploy()
    for (const Origin of ['https://app.test.evil', 'null', ORIGIN]) {
      const preflight = { Origin, 'Access-Control-Request-Method': 'POST' }
      const answers = [
        await browser.send(
          new Request(`${ORIGIN}/bff/token`, { method: 'OPTIONS', headers: preflight }),
        ),
        await browser.get('/bff/session', { Origin }),
      ]
      for (const { headers } of answers) {
        const names = [...headers.keys()]
        expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
      }
    }
  })
})
