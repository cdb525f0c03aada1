import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { KeyBindingProvider } from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'

const tmb = JSON.stringify({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' })
const HOUR = 3600

const withLongTokens = {
  configuration: {
    ttl: {
      AccessToken: HOUR,
      ClientCredentials: HOUR,
      RefreshToken: HOUR,
      Grant: HOUR,
      IdToken: HOUR,
      Interaction: HOUR,
      Session: HOUR,
    },
  },
  features: {
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx: unknown, audience: string) => ({
        audience,
        scope: 'orders.read',
        accessTokenFormat: audience === JWT_RESOURCE ? 'jwt' : 'opaque',
        ...(audience === JWT_RESOURCE ? { jwt: { sign: { alg: 'ES256' } } } : {}),
      }),
    },
  },
}

let as: TestAuthorizationServer
let short: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer(withLongTokens)
  short = await startAuthorizationServer({ ...withLongTokens, maxBoundTokenSeconds: 60 })
})
afterAll(async () => {
  await as.close()
  await short.close()
})

describe('AS-18: a token that tmb bound lives five minutes at most', () => {
  const issue = async (server: TestAuthorizationServer, parameters: object): Promise<Answer> =>
    server.token({
      parameters: { grant_type: 'client_credentials', resource: JWT_RESOURCE, ...parameters },
    })
  const lifetimeOf = ({ body }: Answer): number => {
    const { exp = 0, iat = 0 } = decodeJwt(String(body['access_token']))
    return exp - iat
  }

  it('as the answer and the token say', async () => {
    const answer = await issue(as, { tmb })
    expect(answer.body['expires_in']).toBe(300)
    expect(lifetimeOf(answer)).toBe(300)
  })

  it('AS-15: while another lives as long as the operator says', async () => {
    const answer = await issue(as, {})
    expect(answer.body['expires_in']).toBe(HOUR)
    expect(lifetimeOf(answer)).toBe(HOUR)
  })

  it('or as long as the option says', async () => {
    expect((await issue(short, { tmb })).body['expires_in']).toBe(60)
    expect((await issue(short, {})).body['expires_in']).toBe(HOUR)
  })

  it('after a refresh without tmb, too, and as introspection says', async () => {
    const asked = { resource: OPAQUE_RESOURCE, scope: 'openid offline_access orders.read' }
    const code = await as.authorize(asked)
    const opened = await as.token({ parameters: { ...code, resource: OPAQUE_RESOURCE, tmb } })
    const { body } = await as.token({
      parameters: {
        grant_type: 'refresh_token',
        refresh_token: String(opened.body['refresh_token']),
        resource: OPAQUE_RESOURCE,
      },
    })
    expect(body['expires_in']).toBe(300)
    const introspected = await as.post('/token/introspection', {
      parameters: { token: String(body['access_token']) },
    })
    const { exp, iat } = introspected.body
    expect(Number(exp) - Number(iat)).toBe(300)
  })

  it.each([0, -1, 1.5, Number.NaN])('misuse: a lifetime of %s is a TypeError', (seconds) => {
    const create = () =>
      new KeyBindingProvider('https://as.test', {}, { maxBoundTokenSeconds: seconds })
    expect(create).toThrow(TypeError)
  })
})

describe('AS-18: a client with tmb_audience_required', () => {
  const clientId: ClientId = 'audience_required'
  const resource = JWT_RESOURCE

  it('gets invalid_target for tmb without a resource, and the code survives', async () => {
    const code = await as.authorize({ resource, scope: 'openid orders.read' }, clientId)
    const refused = await as.token({ clientId, parameters: { ...code, tmb } })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    expect(as.events.at(-1)).toMatchObject({ code: 'audience_required' })

    const accepted = await as.token({ clientId, parameters: { ...code, tmb, resource } })
    expect(decodeJwt(String(accepted.body['access_token'])).aud).toBe(resource)
  })

  it('gets it at a refresh of a bound grant without a resource, too', async () => {
    const asked = { resource, scope: 'openid offline_access orders.read' }
    const code = await as.authorize(asked, clientId)
    const { body } = await as.token({ clientId, parameters: { ...code, tmb, resource } })
    const refresh = {
      grant_type: 'refresh_token',
      refresh_token: String(body['refresh_token']),
    }
    const refused = await as.token({ clientId, parameters: refresh })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_target' } })
    const accepted = await as.token({ clientId, parameters: { ...refresh, resource } })
    expect(accepted).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
  })

  it('needs none without tmb, and no other client needs one', async () => {
    const parameters = { grant_type: 'client_credentials' }
    expect((await as.token({ clientId, parameters })).status).toBe(200)
    expect((await as.token({ parameters: { ...parameters, tmb } })).status).toBe(200)
  })
})
