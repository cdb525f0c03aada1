import { AccessTokenError } from '@tmb-kit/resource-server'
import { beforeEach, describe, expect, it } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const BOTH =
  /^Bearer error="invalid_request", error_description="([^"]+)", DPoP error="invalid_request", error_description="\1", algs="ES256"$/

describe('credentials', () => {
  it.each([
    ['none', {}],
    ['another scheme', { Authorization: 'Basic YTpi' }],
    ['a token without a scheme', { Authorization: 'abc' }],
    ['a scheme that only begins alike', { Authorization: 'DPoPx abc' }],
  ])('RS-DPOP-25: %s: 401 without an error', async (_, headers) => {
    const error = await world
      .verifier()
      .verify(new Request(API, { headers }))
      .catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(AccessTokenError)
    const response = (error as AccessTokenError).toResponse()
    expect(response.status).toBe(401)
    expect(response.headers.get('WWW-Authenticate')).toBe('DPoP algs="ES256"')
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.text()).toBe('')
  })

  it('RS-DPOP-25: Bearer is offered where it is taken', async () => {
    const outcome = await outcomeOf(world.verifier({ allowBearer: true }), new Request(API))
    expect(outcome.challenge).toBe('Bearer, DPoP algs="ES256"')
  })

  it.each(['dpop', 'DPOP', 'DPoP'])('RFC 9110 11.1: the scheme has no case: %s', async (scheme) => {
    const request = await world.request()
    const token = request.headers.get('Authorization')?.slice(5) ?? ''
    const headers = new Headers(request.headers)
    headers.set('Authorization', `${scheme}  ${token}`)
    expect(await outcomeOf(world.verifier(), new Request(request.url, { headers }))).toMatchObject({
      code: 'accepted',
    })
  })

  it.each(['DPoP', 'DPoP ', 'Bearer', 'DPoP a"b', 'DPoP a\\b'])(
    'RFC 6750 2.1: %j has no token, and is refused as a bad one',
    async (authorization) => {
      const headers = { Authorization: authorization, DPoP: 'a.b.c' }
      const outcome = await outcomeOf(world.verifier(), new Request(API, { headers }))
      expect(outcome).toMatchObject({ code: 'token_malformed', status: 401 })
    },
  )

  it('RS-DPOP-24: two Authorization values are 400, in both challenges', async () => {
    const request = await world.request()
    const headers = new Headers(request.headers)
    headers.append('Authorization', 'Bearer other')
    const outcome = await outcomeOf(world.verifier(), new Request(request.url, { headers }))
    expect(outcome).toMatchObject({ code: 'credentials_repeated', status: 400 })
    expect(outcome.challenge).toMatch(BOTH)
  })

  it.each(['DPoP a, DPoP a', 'Basic a, DPoP b', 'DPoP a,Basic b', 'DPoP, DPoP'])(
    'RS-DPOP-24: %j is several values',
    async (authorization) => {
      const headers = { Authorization: authorization }
      expect(await outcomeOf(world.verifier(), new Request(API, { headers }))).toMatchObject({
        code: 'credentials_repeated',
        status: 400,
      })
    },
  )

  it.each(['?access_token=x', '?a=1&access_token=', '?access%5Ftoken=x'])(
    'RS-DPOP-24: a token in the query %s is 400, with credentials and without',
    async (query) => {
      const request = await world.request({ url: `${API}/orders${query}` })
      const outcome = await outcomeOf(world.verifier(), request)
      expect(outcome).toMatchObject({ code: 'token_in_query', status: 400 })
      expect(outcome.challenge).toMatch(BOTH)
      expect(await outcomeOf(world.verifier(), new Request(request.url))).toMatchObject({
        status: 400,
      })
    },
  )

  it.each(['access_token=x', 'a=1&access_token=x', `a=${'x'.repeat(30_000)}&access_token=x`])(
    'RS-DPOP-24: a token in a form is 400: %#',
    async (body) => {
      const request = await world.request({
        method: 'POST',
        body,
        headers: { 'Content-Type': 'application/x-www-form-urlencoded; charset=UTF-8' },
      })
      expect(await outcomeOf(world.verifier(), request)).toMatchObject({
        code: 'token_in_body',
        status: 400,
      })
    },
  )

  it('RS-DPOP-24: other bodies are left alone, and can be read afterwards', async () => {
    for (const [type, body] of [
      ['application/x-www-form-urlencoded', `quantity=2&note=${'x'.repeat(200_000)}`],
      ['application/json', '{"access_token":"x"}'],
    ] as const) {
      const request = await world.request({
        method: 'POST',
        body,
        headers: { 'Content-Type': type },
      })
      expect(await outcomeOf(world.verifier(), request)).toMatchObject({ code: 'accepted' })
      expect(await request.text()).toBe(body)
    }
  })

  it('RS-DPOP-22: a bound token under Bearer is refused', async () => {
    const request = await world.request({ scheme: 'Bearer' })
    const outcome = await outcomeOf(world.verifier({ allowBearer: true }), request)
    expect(outcome).toMatchObject({ code: 'token_scheme_mismatch', status: 401 })
    expect(outcome.challenge).toMatch(
      /^Bearer error="invalid_token", error_description="[^"]+", DPoP algs="ES256"$/,
    )
  })

  it('RS-DPOP-22: so it is with a proof beside it', async () => {
    const proved = await world.request()
    const headers = new Headers(proved.headers)
    headers.set('Authorization', (headers.get('Authorization') ?? '').replace('DPoP', 'Bearer'))
    const outcome = await outcomeOf(world.verifier(), new Request(proved.url, { headers }))
    expect(outcome).toMatchObject({ code: 'token_scheme_mismatch', status: 401 })
  })

  it('RS-DPOP-23: a token without jkt under DPoP is refused, with a proof and without', async () => {
    const token = { claims: { cnf: undefined } }
    const verifier = world.verifier({ allowBearer: true })
    const proved = await outcomeOf(verifier, await world.request({ token }))
    expect(proved).toMatchObject({ code: 'token_unbound', status: 401 })
    expect(proved.challenge).toMatch(/^DPoP error="invalid_token"/)

    const bare = await outcomeOf(
      verifier,
      await world.request({ token, headers: { DPoP: undefined } }),
    )
    expect(bare).toMatchObject({ code: 'proof_missing' })
    expect(bare.challenge).toMatch(/^DPoP error="invalid_dpop_proof"/)
  })

  it('RS-DPOP-25: no answer tells anything of the token', async () => {
    const request = await world.request({
      token: { claims: { sub: 'canary-of-the-token', exp: 1 } },
    })
    const error = (await world
      .verifier()
      .verify(request)
      .catch((cause: unknown) => cause)) as AccessTokenError
    const response = error.toResponse()
    const told = `${JSON.stringify(error)}${String(error.stack)}${await response.text()}${JSON.stringify([...response.headers])}`
    const accessToken = request.headers.get('Authorization')?.slice(5) ?? ''
    for (const secret of ['canary', accessToken, request.headers.get('DPoP') ?? '']) {
      expect(told).not.toContain(secret)
    }
    expect(error.cause).toBeUndefined()
  })
})
