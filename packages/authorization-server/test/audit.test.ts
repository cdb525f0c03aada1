import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { SECRET } from './support/clients.js'
import { JWT_RESOURCE } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const tmb = JSON.stringify({ jkt: JKT })

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

describe('AS-17: the audit', () => {
  it('has one event for each token that was bound', async () => {
    const before = as.events.length
    const opened = await as.token({ parameters: { ...(await as.authorize()), tmb } })
    const refreshToken = String(opened.body['refresh_token'])
    await as.token({ parameters: { grant_type: 'refresh_token', refresh_token: refreshToken } })
    await as.token({
      parameters: { grant_type: 'client_credentials', resource: JWT_RESOURCE, tmb },
    })

    const bound = {
      type: 'token_bound',
      clientId: 'basic',
      cnf: { jkt: JKT },
      dpopHeaderIgnored: false,
    }
    const ofAlice = { subject: 'alice', grantId: expect.any(String) as string }
    expect(as.events.slice(before)).toEqual([
      { ...bound, grantType: 'authorization_code', ...ofAlice },
      { ...bound, grantType: 'refresh_token', ...ofAlice },
      { ...bound, grantType: 'client_credentials', subject: undefined, grantId: undefined },
    ])
  })

  it('has none for other tokens, and none for what oidc-provider refuses', async () => {
    const before = as.events.length
    await as.token({ parameters: await as.authorize() })
    await as.token({ parameters: { grant_type: 'client_credentials' } })
    const unknown = {
      grant_type: 'authorization_code',
      code: 'x',
      redirect_uri: 'https://app.test/',
    }
    expect((await as.token({ parameters: { ...unknown, tmb } })).status).toBe(400)
    expect(as.events.slice(before)).toEqual([])
  })

  it('holds no secret, in accepted and refused requests', async () => {
    const secrets: string[] = [SECRET]
    const grant = await as.authorize({}, 'jwt')
    const request = { clientId: 'jwt' as const, parameters: { ...grant, tmb } }
    await as.token({ ...request, parameters: { ...request.parameters, tmb: '{"jkt":"CANARY"}' } })
    const { body } = await as.token(request)
    secrets.push(grant['code'] ?? '', grant['code_verifier'] ?? '', 'CANARY')
    for (const name of ['access_token', 'refresh_token', 'id_token'])
      secrets.push(String(body[name]))
    await as.token({ parameters: { grant_type: 'refresh_token', refresh_token: secrets[5]!, tmb } })

    const written = JSON.stringify(as.events)
    for (const secret of secrets) {
      expect(secret.length).toBeGreaterThan(5)
      expect(written).not.toContain(secret)
    }
  })

  it('that fails does not fail the request', async () => {
    const failing = await startAuthorizationServer({
      onEvent: () => {
        throw new Error('the disk is full')
      },
    })
    const parameters = { grant_type: 'client_credentials', tmb }
    const accepted = await failing.token({ parameters })
    const refused = await failing.token({ parameters: { ...parameters, tmb: '' } })
    await failing.close()
    expect(accepted).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  })
})
