import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyBindingProvider, type TokenEndpointCors } from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'

const ORIGIN = 'https://app.test'
const tmb = JSON.stringify({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
const running: TestAuthorizationServer[] = []

/** The operator allows every page of every client all there is. */
const start = async (tokenEndpointCors?: TokenEndpointCors) => {
  const as = await startAuthorizationServer({
    configuration: { clientBasedCORS: () => true },
    ...(tokenEndpointCors === undefined ? {} : { tokenEndpointCors }),
  })
  running.push(as)
  return as
}

let off: TestAuthorizationServer
let forPublic: TestAuthorizationServer
beforeAll(async () => {
  off = await start()
  forPublic = await start('public-clients')
})
afterAll(async () => Promise.all(running.map(async (as) => as.close())))

const preflight = async (as: TestAuthorizationServer, path = '/token'): Promise<Headers> => {
  const headers = {
    Origin: ORIGIN,
    'Access-Control-Request-Method': 'POST',
    'Access-Control-Request-Headers': 'authorization,dpop',
  }
  return (await fetch(`${as.issuer}${path}`, { method: 'OPTIONS', headers })).headers
}

const corsOf = (headers: Headers): readonly string[] =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-'))

describe('AS-23: the token endpoint tells pages of other origins nothing', () => {
  it('in the answer to a preflight', async () => {
    expect(corsOf(await preflight(off))).toEqual([])
  })

  it.each([
    ['a token', { grant_type: 'client_credentials', tmb }],
    ['a refusal', { grant_type: 'client_credentials', tmb: '{}' }],
  ])('in %s for a confidential client', async (_what, parameters) => {
    const answer = await off.token({ parameters, headers: { Origin: ORIGIN } })
    expect(corsOf(answer.headers)).toEqual([])
  })

  it('while other endpoints go on as the operator said', async () => {
    expect(corsOf(await preflight(off, '/jwks'))).not.toEqual([])
    const metadata = await off.get('/.well-known/openid-configuration', { Origin: ORIGIN })
    expect(metadata.headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN)
  })
})

describe("AS-23: with tokenEndpointCors 'public-clients'", () => {
  it('a preflight is answered, and a public client may read its answer', async () => {
    expect((await preflight(forPublic)).get('Access-Control-Allow-Origin')).toBe(ORIGIN)
    const code = await forPublic.authorize({}, 'public')
    const answer = await forPublic.token({
      clientId: 'public',
      parameters: code,
      headers: { Origin: ORIGIN },
    })
    expect(answer.status).toBe(200)
    expect(answer.headers.get('Access-Control-Allow-Origin')).toBe(ORIGIN)
  })

  it('misuse: another value is a TypeError', () => {
    const options = { tokenEndpointCors: 'all' as TokenEndpointCors }
    expect(() => new KeyBindingProvider('https://as.test', {}, options)).toThrow(TypeError)
  })

  it('and a confidential one may not', async () => {
    const parameters = { grant_type: 'client_credentials' }
    const answer = await forPublic.token({ parameters, headers: { Origin: ORIGIN } })
    expect(answer.status).toBe(200)
    expect(corsOf(answer.headers)).toEqual([])
  })
})
