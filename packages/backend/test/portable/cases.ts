import {
  cookieSessions,
  memorySessionStore,
  storedSessions,
  type BackendOptions,
  type PrivateJwk,
} from '@tmb-kit/backend'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import { deploy, SECRET, type Deployment } from '../support/deployment.js'
import { ISSUER } from '../support/fake-authorization-server.js'
import { createTestBrowser, ORIGIN } from '../support/test-browser.js'

/** One thing that must be so on every runtime. `run` rejects where it is not. */
export interface PortableCase {
  readonly title: string
  run(): Promise<void>
}

const COOKIE = '__Host-Http-tmb'

async function assertAnswer(answer: Response, status: number, error?: string): Promise<void> {
  const body = (await answer.json()) as { readonly error?: string }
  if (answer.status !== status || body.error !== error) {
    throw new Error(`${answer.status} ${body.error}, and not ${status} ${error}`)
  }
}

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

async function isActive({ browser }: Deployment): Promise<boolean> {
  return ((await (await browser.get('/bff/session')).json()) as { active: boolean }).active
}

async function runFlow(changes: Partial<BackendOptions> = {}): Promise<void> {
  const deployment = await deploy(changes)
  const { browser, clock, server, signIn, token } = deployment
  assert((await signIn()).status === 303, 'the callback did not go on')
  assert(await isActive(deployment), 'no session began')
  await assertAnswer(await token(), 200)
  assert(server.formsTo('/token').length === 1, 'the token did not come from the cache')
  clock.advance(290)
  const answers = await Promise.all(Array.from({ length: 20 }, async () => token()))
  assert(
    answers.every(({ status }) => status === 200),
    'a refresh failed',
  )
  assert(server.formsTo('/token').length === 2, 'more than one refresh')
  const copy = browser.jar.get(COOKIE) ?? ''
  await assertAnswer(await browser.post('/bff/logout', {}), 200)
  browser.jar.set(COOKIE, copy)
  await assertAnswer(await token(), 401, 'no_session')
}

export const PORTABLE_CASES: readonly PortableCase[] = [
  { title: 'sign-in, token, one refresh for all, sign-out', run: async () => runFlow() },
  {
    title: 'the same with stored sessions',
    run: async () =>
      runFlow({ sessions: storedSessions({ store: memorySessionStore(), secrets: [SECRET] }) }),
  },
  {
    title: 'the same with private_key_jwt',
    run: async () => {
      const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
      const pair = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
      const jwk = await crypto.subtle.exportKey('jwk', pair.privateKey)
      const key = { kty: 'EC', crv: 'P-256', x: jwk.x, y: jwk.y, d: jwk.d } as PrivateJwk
      const authentication = { method: 'private_key_jwt', key } as const
      await runFlow({ client: { id: 'app-backend', authentication } })
    },
  },
  {
    title: 'a session cookie that was altered anywhere is none',
    run: async () => {
      const deployment = await deploy()
      const { browser, signIn } = deployment
      await signIn()
      const good = browser.jar.get(COOKIE) ?? ''
      for (let index = 0; index < good.length; index += 17) {
        const other = good[index] === 'A' ? 'Q' : 'A'
        browser.jar.set(COOKIE, `${good.slice(0, index)}${other}${good.slice(index + 1)}`)
        assert(!(await isActive(deployment)), `opened, altered at ${index}`)
      }
      browser.jar.set(COOKIE, good)
      assert(await isActive(deployment), 'the good cookie is refused')
    },
  },
  {
    title: 'a secret that was retired opens nothing, an older one that was kept does',
    run: async () => {
      const { browser, restart, signIn } = await deploy()
      await signIn()
      const fresh = 'another-sealing-secret-of-32-bytes-or-more'
      for (const [secrets, active] of [
        [[fresh], false],
        [[fresh, SECRET], true],
      ] as const) {
        const app = restart({ sessions: cookieSessions({ secrets }) })
        const answer = await createTestBrowser(app, new Map(browser.jar)).get('/bff/session')
        const body = (await answer.json()) as { active: boolean }
        assert(body.active === active, `${secrets.length} secrets`)
      }
    },
  },
  {
    title: 'what another site sends is refused, and two session cookies are',
    run: async () => {
      const { browser, jkt } = await deploy()
      const refused = [{ 'X-CSRF': undefined }, { 'Sec-Fetch-Site': 'same-site' }, { Origin: 'x' }]
      for (const headers of refused) {
        await assertAnswer(await browser.post('/bff/login', { jkt }, headers), 403, 'csrf_rejected')
      }
      const Cookie = `${COOKIE}=a; ${COOKIE}=b`
      await assertAnswer(await browser.get('/bff/session', { Cookie }), 400, 'invalid_request')
      await assertAnswer(await browser.post('/bff/login', { jkt }), 200)
    },
  },
  {
    title: 'a body that is too long is refused, announced or not',
    run: async () => {
      const { browser } = await deploy()
      const long = JSON.stringify({ jkt: 'x'.repeat(9000) })
      await assertAnswer(await browser.post('/bff/token', long), 413, 'too_large')
      const headers = { 'Content-Length': '9000' }
      await assertAnswer(await browser.post('/bff/token', long, headers), 413, 'too_large')
    },
  },
  {
    title: 'a redirect of the authorization server is not followed',
    run: async () => {
      const { server, signIn, token } = await deploy()
      await signIn()
      server.behaviour.answer['/token'] = async () =>
        new Response(undefined, { status: 307, headers: { Location: `${ISSUER}/elsewhere` } })
      await assertAnswer(await token({ refresh: true }), 502, 'as_error')
      server.behaviour.answer = {}
      await assertAnswer(await token({ refresh: true }), 200)
      assert(server.formsTo('/elsewhere').length === 0, 'it was followed')
    },
  },
  {
    title: 'mode handoff: the page hands over its proof',
    run: async () => {
      const { browser, clock, server, signIn } = await deploy()
      server.behaviour.knowsTmb = false
      server.behaviour.metadata = {
        tmb_supported: undefined,
        dpop_signing_alg_values_supported: ['ES256'],
      }
      const proofKey = await generateProofKey()
      const jkt = await jktOf(proofKey)
      await signIn({ jkt })
      const target = { proofKey, htm: 'POST', htu: `${ISSUER}/token`, clock }
      const proof = await (await createProofFactory(target)).with({})
      const body = { jkt, token_endpoint_proof: proof }
      await assertAnswer(
        await browser.post('/bff/token', { jkt }),
        401,
        'token_endpoint_proof_required',
      )
      await assertAnswer(await browser.post('/bff/token', body), 200)
    },
  },
  {
    title: 'a backend that wants a proof of its own gets one with its nonce',
    run: async () => {
      const { browser, clock } = await deploy({ proofOfPossession: 'required' })
      const proofKey = await generateProofKey()
      const target = { proofKey, htm: 'GET', htu: `${ORIGIN}/bff/session`, clock }
      const factory = await createProofFactory(target)
      const first = await browser.get('/bff/session', { DPoP: await factory.with({}) })
      await assertAnswer(first, 401, 'use_dpop_nonce')
      const nonce = first.headers.get('DPoP-Nonce') ?? ''
      const DPoP = await factory.with({ claims: { nonce } })
      await assertAnswer(await browser.get('/bff/session', { DPoP }), 200)
      await assertAnswer(await browser.get('/bff/session', { DPoP }), 401, 'invalid_dpop_proof')
    },
  },
]

/** What came of each case: nothing, or the message of its failure. */
export async function runPortableCases(): Promise<
  readonly { readonly title: string; readonly failure?: string }[]
> {
  const results = []
  for (const { title, run } of PORTABLE_CASES) {
    try {
      await run()
      results.push({ title })
    } catch (error) {
      results.push({ title, failure: String(error) })
    }
  }
  return results
}
