import { createBackend, type BackendOptions } from '@tmb-kit/backend'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { Hono } from 'hono'
import { describe, expect, it } from 'vitest'
import { deploy, type Deployment } from './support/deployment.js'
import { errorOf, isSignedIn, startLogin } from './support/login.js'
import { createTestBrowser } from './support/test-browser.js'

const KEY_COOKIE = '__Host-Http-tmb-key'
const otherJkt = await jktOf(await generateProofKey())

/** What the latest authorization request says of the user. */
function demandOf({ server }: Deployment) {
  const form = server.formsTo('/par').at(-1)!
  return { prompt: form.get('prompt'), maxAge: form.get('max_age') }
}
const ASKED = { prompt: 'login', maxAge: '0' }
const SILENT = { prompt: null, maxAge: null }

async function signedIn(keyContinuity: 'first-use' | 'interactive' | 'off'): Promise<Deployment> {
  const deployment = await deploy({ keyContinuity })
  deployment.server.behaviour.authTime = deployment.clock()
  expect(errorOf(await deployment.signIn())).toBeUndefined()
  return deployment
}

describe('key continuity', () => {
  it('SES-20: interactive asks the user at the first login, and not again for the same key', async () => {
    const deployment = await signedIn('interactive')
    expect(demandOf(deployment)).toEqual(ASKED)
    await startLogin(deployment)
    expect(demandOf(deployment)).toEqual(SILENT)
  })

  it('SES-20: first-use trusts a browser without the cookie', async () => {
    const deployment = await signedIn('first-use')
    expect(demandOf(deployment)).toEqual(SILENT)
  })

  it.each(['interactive', 'first-use'] as const)(
    'SES-20: %s asks for another key',
    async (policy) => {
      const deployment = await signedIn(policy)
      await startLogin(deployment, { jkt: otherJkt })
      expect(demandOf(deployment)).toEqual(ASKED)
    },
  )

  it('SES-20: off asks nothing', async () => {
    const deployment = await signedIn('off')
    await startLogin(deployment, { jkt: otherJkt })
    expect(demandOf(deployment)).toEqual(SILENT)
  })

  it('SES-20: interactive is the default', async () => {
    const deployment = await deploy()
    const options = Object.fromEntries(
      Object.entries(deployment.options).filter(([name]) => name !== 'keyContinuity'),
    ) as unknown as BackendOptions
    const app = new Hono()
    app.route('/bff', createBackend(options))
    await startLogin({ ...deployment, browser: createTestBrowser(app) })
    expect(demandOf(deployment)).toEqual(ASKED)
  })

  it('SES-20: a script that logs out first, or floods the jar, is still asked for', async () => {
    const deployment = await signedIn('interactive')
    await deployment.browser.post('/bff/logout', {})
    expect(deployment.browser.jar.has(KEY_COOKIE)).toBe(true)
    await startLogin(deployment, { jkt: otherJkt })
    expect(demandOf(deployment)).toEqual(ASKED)

    deployment.browser.jar.clear()
    await startLogin(deployment, { jkt: otherJkt })
    expect(demandOf(deployment)).toEqual(ASKED)
  })

  it.each([
    ['interactive', ASKED],
    ['first-use', SILENT],
  ] as const)('SES-20: to %s a tampered cookie is a missing one', async (policy, demand) => {
    const deployment = await signedIn(policy)
    const value = deployment.browser.jar.get(KEY_COOKIE)!
    deployment.browser.jar.set(KEY_COOKIE, `${value.slice(0, -4)}AAAA`)
    await startLogin(deployment)
    expect(demandOf(deployment)).toEqual(demand)
  })

  it('SES-20: a sealed session in the place of the key cookie is none', async () => {
    const deployment = await signedIn('interactive')
    deployment.browser.jar.set(KEY_COOKIE, deployment.browser.jar.get('__Host-Http-tmb')!)
    await startLogin(deployment)
    expect(demandOf(deployment)).toEqual(ASKED)
  })

  it.each(['none', 'consent', 'login', 'select_account'])(
    'SES-20: the page cannot soften the question with prompt %s',
    async (prompt) => {
      const deployment = await signedIn('interactive')
      await startLogin(deployment, { jkt: otherJkt, prompt, max_age: 9999 })
      const { prompt: asked, maxAge } = demandOf(deployment)
      expect(asked?.split(' ')[0]).toBe('login')
      expect(asked?.split(' ')).not.toContain('none')
      expect(maxAge).toBe('0')
    },
  )

  const proofs: readonly (readonly [string, number | undefined, boolean, string | undefined])[] = [
    ['now', 0, true, undefined],
    ['10 s early', -10, true, undefined],
    ['11 s early', -11, true, 'reauthentication_not_proven'],
    ['an hour ago', -3600, true, 'reauthentication_not_proven'],
    ['unsaid, by PAR', undefined, true, undefined],
    ['unsaid, through the browser', undefined, false, 'reauthentication_not_proven'],
    ['now, through the browser', 0, false, undefined],
  ]
  it.each(proofs)('SES-20: an auth_time of %s', async (_name, offset, pushed, error) => {
    const deployment = await deploy({ keyContinuity: 'interactive' })
    const { server, clock, signIn, browser } = deployment
    if (!pushed) server.behaviour.metadata = { pushed_authorization_request_endpoint: undefined }
    server.behaviour.authTime = offset === undefined ? undefined : clock() + offset
    expect(errorOf(await signIn())).toBe(error)
    expect(await isSignedIn(deployment)).toBe(error === undefined)
    expect(browser.jar.has(KEY_COOKIE)).toBe(error === undefined)
    expect(server.revoked).toHaveLength(error === undefined ? 0 : 2)
  })

  it('SES-20: a verdict travels in the transaction: the cookie that came since changes nothing', async () => {
    const deployment = await deploy({ keyContinuity: 'interactive' })
    const { server, clock, browser, signIn } = deployment
    const url = await startLogin(deployment)
    server.behaviour.authTime = clock()
    await signIn()
    server.behaviour.authTime = clock() - 3600
    expect(errorOf(await browser.navigate(server.authorize(url)))).toBe(
      'reauthentication_not_proven',
    )
  })

  it('CC-24: a max_age that the page asked for is checked', async () => {
    const deployment = await deploy()
    const { server, clock, signIn } = deployment
    server.behaviour.authTime = clock() - 60
    expect(errorOf(await signIn({ max_age: 60 }))).toBeUndefined()
    expect(errorOf(await signIn({ max_age: 5 }))).toBe('reauthentication_not_proven')
    expect(await isSignedIn(deployment)).toBe(true)
  })

  it('CC-24: an acr that is none of those asked for ends the login', async () => {
    const { server, signIn } = await deploy()
    expect(errorOf(await signIn({ acr_values: 'phr phrh' }))).toBeUndefined()
    server.behaviour.idTokenClaims = { acr: 'phrh' }
    expect(errorOf(await signIn({ acr_values: 'phr phrh' }))).toBeUndefined()
    server.behaviour.idTokenClaims = { acr: 'pwd' }
    expect(errorOf(await signIn({ acr_values: 'phr phrh' }))).toBe('reauthentication_not_proven')
  })
})
