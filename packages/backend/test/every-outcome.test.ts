import {
  memorySessionStore,
  REFUSALS,
  storedSessions,
  type BackendOptions,
  type RefusalCode,
  type SessionStore,
} from '@tmb-kit/backend'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CLIENT_SECRET, deploy, SECRET, type Deployment } from './support/deployment.js'
import { ISSUER, type FakeAuthorizationServer } from './support/fake-authorization-server.js'
import { startLogin } from './support/login.js'

const OTHER_JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' }

interface Outcome {
  readonly title: string
  readonly options?: () => Partial<BackendOptions>
  /** The last answer is the one that counts. */
  readonly run: (deployment: Deployment) => Promise<Response>
  readonly status: number
  readonly error?: RefusalCode
  /** Whether the answer is JSON with the error, and not a page or a redirect. Default: it is. */
  readonly isJson?: false
}

const stored = (changes: Partial<SessionStore> = {}) => ({
  sessions: storedSessions({ store: { ...memorySessionStore(), ...changes }, secrets: [SECRET] }),
})
const down = async (): Promise<never> => Promise.reject(new Error('canary-store'))
const oneOnly = { requests: 1, windowSeconds: 60 }
const limited = () => ({
  rateLimits: {
    address: () => 'canary-address',
    perAddress: { login: oneOnly, callback: oneOnly, backchannelLogout: oneOnly },
    perSession: { token: oneOnly },
  },
})

const refusing = async (): Promise<Response> =>
  Response.json({ error: 'canary_word', error_description: 'canary <b>' }, { status: 400 })
const answering =
  (endpoint: string, answer: () => Promise<Response>, act: Outcome['run']): Outcome['run'] =>
  async (deployment) => {
    await deployment.signIn()
    deployment.server.behaviour.answer[endpoint] = answer
    return act(deployment)
  }
const refresh: Outcome['run'] = async ({ token }) => token({ refresh: true })
const asHandoff = ({ behaviour }: FakeAuthorizationServer): void => {
  behaviour.knowsTmb = false
  behaviour.metadata = {
    tmb_supported: undefined,
    dpop_signing_alg_values_supported: ['ES256'],
  }
}

const login: readonly Outcome[] = [
  {
    title: 'login',
    run: async ({ browser, jkt }) => browser.post('/bff/login', { jkt }),
    status: 200,
  },
  ...(
    [
      ['a jkt that is none', { jkt: 'canary' }, 'invalid_jkt'],
      ['a return_to elsewhere', { return_to: '//canary.example' }, 'invalid_return_to'],
      ['a scope that is not configured', { scope: 'canary' }, 'invalid_scope'],
      ['a resource that is not configured', { resource: 'https://canary' }, 'invalid_target'],
      ['a member of the wrong type', { max_age: 'soon' }, 'invalid_request'],
    ] as const
  ).map(([title, body, error]) => ({
    title: `login: ${title}`,
    run: async ({ browser, jkt }: Deployment) => browser.post('/bff/login', { jkt, ...body }),
    status: 400,
    error,
  })),
  {
    title: 'login: an authorization server that is down',
    run: async ({ browser, jkt, server }) => {
      server.behaviour.answer['/par'] = down
      return browser.post('/bff/login', { jkt })
    },
    status: 503,
    error: 'as_unavailable',
  },
  {
    title: 'login: metadata of somebody else',
    run: async ({ browser, jkt, server }) => {
      server.behaviour.metadata = { issuer: 'https://canary.example' }
      return browser.post('/bff/login', { jkt })
    },
    status: 502,
    error: 'as_error',
  },
  {
    title: 'login: too often',
    options: limited,
    run: async (deployment) => {
      await startLogin(deployment)
      return deployment.browser.post('/bff/login', { jkt: deployment.jkt })
    },
    status: 429,
    error: 'slow_down',
  },
]

const callback: readonly Outcome[] = [
  { title: 'callback', run: async ({ signIn }) => signIn(), status: 303, isJson: false },
  {
    title: 'callback: no transaction',
    run: async ({ browser }) => browser.navigate('/bff/callback?code=canary&state=canary'),
    status: 400,
    isJson: false,
  },
  {
    title: 'callback: in a frame',
    run: async ({ browser }) => browser.navigate('/bff/callback', { 'Sec-Fetch-Dest': 'iframe' }),
    status: 403,
    isJson: false,
  },
  {
    title: 'callback: too often',
    options: limited,
    run: async ({ browser }) => {
      await browser.navigate('/bff/callback?state=canary')
      return browser.navigate('/bff/callback?state=canary')
    },
    status: 429,
    isJson: false,
  },
  ...(['/token', '/jwks'] as const).flatMap((endpoint) =>
    [refusing, down, async () => new Response('canary', { status: 500 })].map((answer, index) => ({
      title: `callback: ${endpoint} answers wrongly, in way ${index + 1}`,
      run: async ({ server, signIn }: Deployment) => {
        server.behaviour.answer[endpoint] = answer
        return signIn()
      },
      status: 303,
      isJson: false as const,
    })),
  ),
  {
    title: 'callback: a store that is down',
    options: () => stored({ insert: down }),
    run: async ({ signIn }) => signIn(),
    status: 303,
    isJson: false,
  },
]

const token: readonly Outcome[] = [
  {
    title: 'token',
    run: async ({ signIn, token: ask }) => {
      await signIn()
      return ask()
    },
    status: 200,
  },
  {
    title: 'token: no session',
    run: async ({ token: ask }) => ask(),
    status: 401,
    error: 'no_session',
  },
  {
    title: 'token: another key',
    run: async ({ signIn, token: ask }) => {
      await signIn()
      return ask({ jkt: OTHER_JKT })
    },
    status: 409,
    error: 'key_mismatch',
  },
  {
    title: 'token: the grant has ended',
    run: answering('/none', down, async (deployment) => {
      deployment.server.endGrants()
      return refresh(deployment)
    }),
    status: 401,
    error: 'login_required',
  },
  {
    title: 'token: not bound',
    run: async (deployment) => {
      await deployment.signIn()
      deployment.server.behaviour.tokenAnswer = (answer) => ({ ...answer, token_type: 'Bearer' })
      return refresh(deployment)
    },
    status: 502,
    error: 'binding_not_applied',
  },
  {
    title: 'token: refused with a word of its own',
    run: answering('/token', refusing, refresh),
    status: 502,
    error: 'as_error',
  },
  {
    title: 'token: the authorization server is down',
    run: answering('/token', down, refresh),
    status: 503,
    error: 'as_unavailable',
  },
  {
    title: 'token: the store is down',
    options: () => stored({ find: down }),
    run: async ({ signIn, token: ask }) => {
      await signIn()
      return ask()
    },
    status: 503,
    error: 'as_unavailable',
  },
  {
    title: 'token: too often',
    options: limited,
    run: async ({ signIn, token: ask }) => {
      await signIn()
      await ask()
      return ask()
    },
    status: 429,
    error: 'slow_down',
  },
  {
    title: 'token: mode handoff, without a proof',
    run: async ({ server, signIn, token: ask }) => {
      asHandoff(server)
      await signIn()
      return ask()
    },
    status: 401,
    error: 'token_endpoint_proof_required',
  },
  {
    title: 'token: mode handoff, with something else',
    run: async ({ server, signIn, token: ask }) => {
      asHandoff(server)
      await signIn()
      return ask({ token_endpoint_proof: 'canary' })
    },
    status: 400,
    error: 'invalid_token_endpoint_proof',
  },
  {
    title: 'token: mode handoff, and a nonce is wanted',
    run: async ({ browser, clock, server, signIn }) => {
      asHandoff(server)
      server.behaviour.nonce = 'a-nonce'
      const proofKey = await generateProofKey()
      const jkt = await jktOf(proofKey)
      await signIn({ jkt })
      const target = { proofKey, htm: 'POST', htu: `${ISSUER}/token`, clock }
      const proof = await (await createProofFactory(target)).with({})
      return browser.post('/bff/token', { jkt, token_endpoint_proof: proof })
    },
    status: 400,
    error: 'as_use_dpop_nonce',
  },
]

const others: readonly Outcome[] = [
  { title: 'session', run: async ({ browser }) => browser.get('/bff/session'), status: 200 },
  {
    title: 'session: the store is down',
    options: () => stored({ find: down }),
    run: async ({ browser, signIn }) => {
      await signIn()
      return browser.get('/bff/session')
    },
    status: 503,
    error: 'as_unavailable',
  },
  {
    title: 'session: a proof with a nonce is wanted',
    options: () => ({ proofOfPossession: 'required' }),
    run: async ({ browser, clock }) => {
      const proofKey = await generateProofKey()
      const target = { proofKey, htm: 'GET', htu: 'https://app.test/bff/session', clock }
      const DPoP = await (await createProofFactory(target)).with({})
      return browser.get('/bff/session', { DPoP })
    },
    status: 401,
    error: 'use_dpop_nonce',
  },
  {
    title: 'session: a proof is wanted',
    options: () => ({ proofOfPossession: 'required' }),
    run: async ({ browser }) => browser.get('/bff/session', { DPoP: 'canary' }),
    status: 401,
    error: 'invalid_dpop_proof',
  },
  {
    title: 'session: a fault of our own',
    run: async ({ browser, restart, signIn }) => {
      await signIn()
      const clock = (): never => {
        throw new Error('canary-stack')
      }
      const Cookie = [...browser.jar].map(([name, value]) => `${name}=${value}`).join('; ')
      return restart({ clock }).request('/bff/session', { headers: { 'X-CSRF': '1', Cookie } })
    },
    status: 500,
    error: 'server_error',
  },
  {
    title: 'events: no session',
    run: async ({ browser }) => browser.get('/bff/events'),
    status: 401,
    error: 'no_session',
  },
  { title: 'logout', run: async ({ browser }) => browser.post('/bff/logout', {}), status: 200 },
  {
    title: 'logout: the authorization server is down',
    run: answering('/revoke', down, async ({ browser }) => browser.post('/bff/logout', {})),
    status: 200,
  },
  {
    title: 'logout: the store is down',
    options: () => stored({ find: down }),
    run: async ({ browser, signIn }) => {
      await signIn()
      return browser.post('/bff/logout', {})
    },
    status: 503,
    error: 'as_unavailable',
  },
  {
    title: 'backchannel-logout: sessions that cannot be found',
    run: async ({ browser }) => browser.post('/bff/backchannel-logout', 'logout_token=x', FORM),
    status: 501,
    error: 'not_supported',
  },
  {
    title: 'backchannel-logout: no token',
    options: () => stored(),
    run: async ({ browser }) => browser.post('/bff/backchannel-logout', 'canary=canary', FORM),
    status: 400,
    error: 'invalid_request',
  },
  {
    title: 'backchannel-logout: too often',
    options: () => ({ ...stored(), ...limited() }),
    run: async ({ browser }) => {
      await browser.post('/bff/backchannel-logout', 'logout_token=x', FORM)
      return browser.post('/bff/backchannel-logout', 'logout_token=x', FORM)
    },
    status: 429,
    error: 'slow_down',
  },
  {
    title: 'an address that is none',
    run: async ({ browser }) => browser.get('/bff/canary'),
    status: 404,
    error: 'not_found',
  },
]

const PAGE_CALLS = ['session', 'login', 'token', 'logout', 'events'] as const
const everywhere: readonly Outcome[] = PAGE_CALLS.flatMap((endpoint): readonly Outcome[] => {
  const isGet = endpoint === 'session' || endpoint === 'events'
  const call = async (
    { browser, jkt }: Deployment,
    headers: Record<string, string | undefined>,
    body: unknown = { jkt },
  ) =>
    isGet
      ? browser.get(`/bff/${endpoint}`, headers)
      : browser.post(`/bff/${endpoint}`, body, headers)
  const asAnotherSite = { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://canary.example' }
  const withTwo = { Cookie: '__Host-Http-tmb=canary; __Host-Http-tmb=canary' }
  const bodies = [
    ['no JSON', 415, 'unsupported_media_type', { 'Content-Type': 'text/plain' }, 'canary'],
    ['a body that is too long', 413, 'too_large', {}, 'x'.repeat(9000)],
    ['half an object', 400, 'invalid_request', {}, '{"canary":'],
  ] as const
  return [
    {
      title: `${endpoint}: from another site`,
      run: async (deployment) => call(deployment, asAnotherSite),
      status: 403,
      error: 'csrf_rejected',
    },
    {
      title: `${endpoint}: two cookies of one name`,
      run: async (deployment) => call(deployment, withTwo),
      status: 400,
      error: 'invalid_request',
    },
    {
      title: `${endpoint}: another method`,
      run: async ({ app }) => app.request(`/bff/${endpoint}`, { method: 'DELETE' }),
      status: 405,
      error: 'method_not_allowed',
    },
    ...(isGet
      ? []
      : bodies.map(([title, status, error, headers, body]) => ({
          title: `${endpoint}: ${title}`,
          run: async (deployment: Deployment) => call(deployment, headers, body),
          status,
          error,
        }))),
  ]
})

const OUTCOMES = [...login, ...callback, ...token, ...others, ...everywhere]

describe('every endpoint, every outcome', () => {
  const rejections: unknown[] = []
  const note = (reason: unknown): void => void rejections.push(reason)
  beforeAll(() => void process.on('unhandledRejection', note))
  afterAll(() => void process.off('unhandledRejection', note))

  it.each(OUTCOMES)(
    'SES-14, CC-26: $title: $status $error',
    async ({ options, run, status, error, isJson = true }) => {
      const deployment = await deploy(options?.() ?? {})
      const answer = await run(deployment)
      const body = await answer.clone().text()
      expect(`${answer.status} ${body}`).toMatch(new RegExp(`^${status} `))
      expect(answer.headers.get('Cache-Control')).toBe('no-store')
      expect(answer.headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(answer.headers.get('Content-Security-Policy')).toBe("frame-ancestors 'none'")
      expect(answer.headers.get('Access-Control-Allow-Origin')).toBeNull()
      if (status === 429 || status === 503) {
        expect(answer.headers.get('Retry-After')).toMatch(/^[1-9][0-9]*$/)
      }
      if (isJson) {
        const { error: word, error_description: description } = JSON.parse(body) as Record<
          string,
          unknown
        >
        expect(word).toBe(error)
        expect(description).toBe(error === undefined ? undefined : REFUSALS[error].message)
      }

      const { browser, events, server } = deployment
      const headers = [...answer.headers].filter(([name]) => name !== 'set-cookie')
      const told = JSON.stringify([body.replace(/"access_token":"[^"]+"/, ''), headers])
      const secrets = [...server.secrets].filter((secret) => secret.length > 8)
      const hidden = [...secrets, ...browser.jar.values(), SECRET, CLIENT_SECRET, 'canary', 'at /']
      expect(hidden.filter((value) => value !== '' && told.includes(value))).toEqual([])
      const inEvents = [...secrets, ...browser.jar.values(), SECRET, CLIENT_SECRET, 'canary-']
      const audit = JSON.stringify(events)
      expect(inEvents.filter((value) => value !== '' && audit.includes(value))).toEqual([])
    },
  )

  it('each word of a refusal is the outcome of some case', () => {
    const reached = new Set(OUTCOMES.map(({ error }) => error))
    expect((Object.keys(REFUSALS) as RefusalCode[]).filter((code) => !reached.has(code))).toEqual(
      [],
    )
  })

  it('no rejection was left to nobody', async () => {
    await new Promise((resolve) => setImmediate(resolve))
    expect(rejections).toEqual([])
  })
})
