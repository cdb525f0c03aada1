import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createBrowser, type Browser, type Page } from './support/browser.js'
import { APPLICATION, claimsOf, startDemo, type Demo } from './support/demo.js'

const ALICE = { login: 'alice', password: 'demo' }
const BOB = { login: 'bob', password: 'demo' }

let demo: Demo
let browser: Browser

beforeAll(async () => {
  demo = await startDemo()
})
afterAll(async () => demo.close())
beforeEach(() => {
  browser = createBrowser(demo.issuer)
})

const open = async (parameters: Readonly<Record<string, string>> = {}) => {
  const { url, codeVerifier } = await demo.authorize(parameters)
  return { page: await browser.open(url), codeVerifier }
}

const isSignInPage = ({ status, text }: Page): boolean =>
  status === 200 && text.includes('name="login"') && text.includes('name="password"')

describe('the sign-in page', () => {
  it('is one form: a user, a password, one button, everything labelled', async () => {
    const { page } = await open()
    expect(page.status).toBe(200)
    expect(page.text.match(/<form/g)).toHaveLength(1)
    expect(page.text.match(/type="submit"/g)).toHaveLength(1)
    for (const name of ['login', 'password']) {
      expect(page.text).toContain(`name="${name}"`)
      expect(page.text).toContain(`<label for="${name}">`)
    }
    expect(page.text).toContain('<html lang="en">')
    expect(page.text).not.toMatch(/<script|https?:\/\/(?!localhost|127\.0\.0\.1)/)
  })

  it.each(['alice', 'bob'])(
    'signs %s in, and goes back with code, state and iss',
    async (login) => {
      const { page } = await open()
      const { url } = await browser.submit(page, { login, password: 'demo' })
      expect(url.origin + url.pathname).toBe(`${APPLICATION}/bff/callback`)
      expect(url.searchParams.get('state')).toBe('s')
      expect(url.searchParams.get('iss')).toBe(demo.issuer)
      expect(url.searchParams.get('code')).toMatch(/^[\w-]{20,}$/)
    },
  )

  it.each([
    ['a wrong password', { login: 'alice', password: 'wrong' }],
    ['no password', { login: 'alice', password: '' }],
    ['an unknown user', { login: 'mallory', password: 'demo' }],
    ['a member of Object', { login: 'constructor', password: 'demo' }],
    ['very much text', { login: 'a'.repeat(100), password: 'b'.repeat(100_000) }],
  ])('says that %s is wrong, keeps the user name, and lets try again', async (_what, typed) => {
    const { page } = await open()
    const refused = await browser.submit(page, typed)
    expect(refused.status).toBe(422)
    expect(refused.text).toContain('role="alert"')
    expect(refused.text).not.toContain('wrong')
    const kept = typed.password.length > 1000 ? '' : typed.login
    expect(refused.text).toContain(`value="${kept}"`)

    const { url } = await browser.submit(refused, ALICE)
    expect(url.origin).toBe(APPLICATION)
  })

  it('writes what was typed as text, never as markup', async () => {
    const { page } = await open()
    const login = '"><script>alert(1)</script>'
    const refused = await browser.submit(page, { login, password: 'x' })
    expect(refused.text).not.toContain('<script')
    expect(refused.text).toContain('value="&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;"')
  })

  it('suggests the login_hint', async () => {
    const { page } = await open({ login_hint: 'bob' })
    expect(page.text).toContain('value="bob"')
  })

  it('is of no use to another browser, nor for another sign-in', async () => {
    const { page } = await open()
    const stranger = createBrowser(demo.issuer)
    expect((await stranger.open(page.url.href)).status).toBe(400)
    expect((await stranger.submit(page, ALICE)).status).toBe(400)
    const elsewhere = new URL('/interaction/unknown', page.url).href
    expect((await browser.open(elsewhere)).status).toBe(400)
    expect((await browser.submit(page, ALICE)).url.origin).toBe(APPLICATION)
  })

  it.each(['cross-site', 'same-site', 'none'])('takes no form from %s', async (site) => {
    const { page } = await open()
    const forged = await browser.submit(page, ALICE, { headers: { 'Sec-Fetch-Site': site } })
    expect(forged.status).toBe(403)
    const own = await browser.submit(page, ALICE, { headers: { 'Sec-Fetch-Site': 'same-origin' } })
    expect(own.url.origin).toBe(APPLICATION)
  })
})

describe('the session of the authorization server', () => {
  const signIn = async (): Promise<void> => {
    const { page } = await open()
    await browser.submit(page, ALICE)
  }

  it('makes a second sign-in silent', async () => {
    await signIn()
    const { page } = await open()
    expect(page.url.origin).toBe(APPLICATION)
    expect(page.url.searchParams.get('code')).not.toBeNull()
  })

  it.each([
    ['prompt=login', { prompt: 'login' }],
    ['max_age=0, in the very second of the last sign-in', { max_age: '0' }],
    ['both, as the backend asks for a new key', { prompt: 'login', max_age: '0' }],
  ])('does not answer %s: the user is asked', async (_what, parameters) => {
    await signIn()
    const { page, codeVerifier } = await open(parameters)
    expect(isSignInPage(page)).toBe(true)
    expect(page.text).toContain('once more')

    const before = Math.floor(Date.now() / 1000)
    const { url } = await browser.submit(page, ALICE)
    const { body } = await demo.redeem(url, codeVerifier)
    expect(claimsOf(body['id_token'])['auth_time']).toBeGreaterThanOrEqual(before)
  })

  it('refuses prompt=none without it, and answers with it', async () => {
    const without = await open({ prompt: 'none' })
    expect(without.page.url.searchParams.get('error')).toBe('login_required')
    await signIn()
    const { page } = await open({ prompt: 'none' })
    expect(page.url.searchParams.get('code')).not.toBeNull()
  })

  it('needs no consent page, even where one is asked for', async () => {
    await signIn()
    const { page } = await open({ prompt: 'consent' })
    expect(page.url.origin).toBe(APPLICATION)
    expect(page.url.searchParams.get('code')).not.toBeNull()
  })

  it('changes hands when another user signs in', async () => {
    await signIn()
    const { page, codeVerifier } = await open({ prompt: 'login' })
    let next = await browser.submit(page, BOB)
    // oidc-provider ends the session of the first user by a form that sends itself off.
    for (let steps = 0; next.url.origin === demo.issuer && steps < 3; steps += 1) {
      next = await browser.submit(next, {})
    }
    const { body } = await demo.redeem(next.url, codeVerifier)
    expect(claimsOf(body['id_token'])['sub']).toBe('bob')
  })
})
