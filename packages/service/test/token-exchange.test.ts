import { createTokenExchange, type TokenExchangeOptions } from '@tmb-kit/service'
import { generateProofKey, testClock, type TestClock } from '@tmb-kit/testkit'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'

const AS = 'https://as.test'
const confirmation = {
  'x5t#S256': 'KACUS5vHKA3qQgDaQelsp6g9J78itU6hy-oXRR0TMlo',
  tls_exp: 'EXPORTER-oauth-tls-session-bound',
} as const
const GOOD = {
  access_token: 'token-2',
  issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
  token_type: 'Bearer',
  expires_in: 300,
  scope: 'stock.read',
  cnf: confirmation,
}
const request = {
  verified: { claims: { exp: 1 }, cnf: { jkt: 'jkt' } },
  subjectToken: 'token-1',
  resource: 'https://stock.test/',
  scope: 'stock.read',
}

let clientKey: CryptoKey
let clock: TestClock
let seen: Request[]
let answer: () => Response
beforeAll(async () => {
  clientKey = (await generateProofKey()).privateKey
})
beforeEach(() => {
  clock = testClock()
  seen = []
  answer = () => Response.json(GOOD)
})

const exchangeWith = (changes: Partial<TokenExchangeOptions> = {}) =>
  createTokenExchange({
    issuer: AS,
    tokenEndpoint: `${AS}/token`,
    client: { id: 'orders', authentication: { method: 'private_key_jwt', key: clientKey } },
    confirmation,
    clock,
    fetch: async (input, init) => {
      seen.push(new Request(input, init))
      return answer()
    },
    ...changes,
  })
const formOf = async (index = 0): Promise<URLSearchParams> =>
  new URLSearchParams(await seen[index]?.clone().text())

describe('a token exchange', () => {
  it('TX-01 TX-02: asks for a token that is bound as tmb says', async () => {
    expect(await exchangeWith()(request)).toEqual({
      accessToken: 'token-2',
      expiresAt: clock() + 300,
      scope: 'stock.read',
      cnf: confirmation,
    })
    const form = await formOf()
    expect(Object.fromEntries(form)).toMatchObject({
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: 'token-1',
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: 'https://stock.test/',
      scope: 'stock.read',
      client_id: 'orders',
    })
    expect(JSON.parse(form.get('tmb') ?? '')).toEqual(confirmation)
    const [, payload = ''] = (form.get('client_assertion') ?? '').split('.')
    const claims: unknown = JSON.parse(Buffer.from(payload, 'base64url').toString())
    expect(claims).toMatchObject({ iss: 'orders', sub: 'orders', aud: AS, exp: clock() + 60 })
  })

  it('authenticates with a secret, form-encoded first', async () => {
    const authentication = { method: 'client_secret_basic', secret: 'a b:c' } as const
    await exchangeWith({ client: { id: 'orders', authentication } })(request)
    const basic = seen[0]?.headers.get('authorization')?.replace('Basic ', '') ?? ''
    expect(Buffer.from(basic, 'base64').toString()).toBe('orders:a+b%3Ac')
  })

  it.each([undefined, null, {}, { claims: {}, cnf: {} }, { claims: { exp: 1 } }, true])(
    'EKM-29: nothing is exchanged where %j was verified',
    async (verified) => {
      const unverified = { ...request, verified } as unknown as typeof request
      await expect(exchangeWith()(unverified)).rejects.toThrow(TypeError)
      expect(seen).toEqual([])
    },
  )

  it.each<readonly [string, object]>([
    ['no cnf', { cnf: undefined }],
    ['the certificate alone', { cnf: { 'x5t#S256': confirmation['x5t#S256'] } }],
    ['another certificate', { cnf: { ...confirmation, 'x5t#S256': 'another' } }],
    ['another label', { cnf: { ...confirmation, tls_exp: 'EXPORTER-x' } }],
    ['a member more', { cnf: { ...confirmation, jkt: 'jkt' } }],
    ['another token_type', { token_type: 'DPoP' }],
  ])('TX-07: an answer with %s is refused, and not remembered', async (_, changes) => {
    const exchange = exchangeWith()
    answer = () => Response.json({ ...GOOD, ...changes })
    await expect(exchange(request)).rejects.toMatchObject({ code: 'binding_not_applied' })
    answer = () => Response.json(GOOD)
    await expect(exchange(request)).resolves.toMatchObject({ accessToken: 'token-2' })
  })

  it.each<readonly [string, () => Response, string]>([
    [
      'a refusal',
      () => Response.json({ error: 'invalid_request' }, { status: 400 }),
      'exchange_refused',
    ],
    ['an AS that is down', () => new Response('down', { status: 503 }), 'exchange_unavailable'],
    ['no JSON', () => new Response('good'), 'exchange_unavailable'],
    [
      'a token of another kind',
      () => Response.json({ ...GOOD, issued_token_type: 'x' }),
      'exchange_unavailable',
    ],
    ['100 kB', () => new Response('a'.repeat(100_000)), 'exchange_unavailable'],
    [
      'nobody',
      () => {
        throw new TypeError('fetch failed')
      },
      'exchange_unavailable',
    ],
  ])('TX-03: %s is an error with a code, and without a token', async (_, respond, code) => {
    answer = respond
    const error: unknown = await exchangeWith()(request).catch((cause: unknown) => cause)
    expect(error).toMatchObject({ name: 'ServiceError', code })
    expect(JSON.stringify([error, (error as Error).message])).not.toContain('token-1')
  })

  it('one exchange serves until half a minute before its token ends', async () => {
    const exchange = exchangeWith()
    await Promise.all([exchange(request), exchange(request)])
    clock.advance(269)
    await exchange(request)
    expect(seen.length).toBe(1)
    clock.advance(1)
    await exchange(request)
    expect(seen.length).toBe(2)
  })

  it('each token, resource and scope has an exchange of its own, and so has who asks for a new one', async () => {
    const exchange = exchangeWith()
    await exchange(request)
    await exchange({ ...request, subjectToken: 'token-9' })
    await exchange({ ...request, resource: 'https://other.test/' })
    await exchange({ ...request, scope: 'stock.write' })
    await exchange({ ...request, renew: true })
    expect(seen.length).toBe(5)
  })
})
