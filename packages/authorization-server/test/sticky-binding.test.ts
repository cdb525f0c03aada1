import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const OTHER = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'
const bound = { tmb: JSON.stringify({ jkt: JKT }) }

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

type Parameters = Readonly<Record<string, string>>

const open = async (tmb: Parameters, clientId: ClientId = 'basic'): Promise<Answer> =>
  as.token({ clientId, parameters: { ...(await as.authorize({}, clientId)), ...tmb } })

const refresh = async (
  { body }: Answer,
  { clientId = 'basic', ...rest }: { clientId?: ClientId; headers?: Parameters; tmb?: Parameters },
): Promise<Answer> => {
  const refreshToken = String(body['refresh_token'])
  const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken, ...rest.tmb }
  return as.token({ clientId, parameters, headers: rest.headers ?? {} })
}

describe('AS-12: the binding of a grant', () => {
  it('is repeated by a refresh without tmb, however often', async () => {
    let answer = await open(bound)
    for (let round = 0; round < 3; round += 1) {
      answer = await refresh(answer, {})
      expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', cnf: { jkt: JKT } } })
    }
  })

  it('is confirmed by a refresh with an equal tmb, however it is written', async () => {
    const first = await refresh(await open(bound), { tmb: bound })
    expect(first).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })

    const written = { tmb: ` { "\\u006akt" : "${JKT}" } ` }
    expect(await refresh(first, { tmb: written })).toMatchObject({ body: { cnf: { jkt: JKT } } })
  })

  it.each([
    ['another jkt', { jkt: OTHER }],
    ['another method', { 'x5t#S256': CERTIFICATE_THUMBPRINT }],
    ['one member more', { jkt: JKT, 'x5t#S256': CERTIFICATE_THUMBPRINT }],
  ])('is not moved to %s, and the refresh token survives', async (_what, cnf) => {
    const clientId = 'every_method'
    const grant = await open(bound, clientId)
    const refused = await refresh(grant, { clientId, tmb: { tmb: JSON.stringify(cnf) } })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(as.events.at(-1)).toMatchObject({ code: 'grant_bound_to_another_key' })

    const control = await refresh(grant, { clientId, tmb: bound })
    expect(control).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })
  })

  it('loses no member', async () => {
    const clientId = 'every_method'
    const cnf = { jkt: JKT, 'x5t#S256': CERTIFICATE_THUMBPRINT }
    const grant = await open({ tmb: JSON.stringify(cnf) }, clientId)
    const refused = await refresh(grant, { clientId, tmb: bound })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect((await refresh(grant, { clientId })).body['cnf']).toStrictEqual(cnf)
  })

  it.each([
    ['a malformed tmb', { tmb: '' }, 'invalid_request'],
    ['an unlisted method', { tmb: `{"x5t#S256":"${OTHER}"}` }, 'unauthorized_client'],
  ])('survives a refresh with %s', async (_what, tmb, error) => {
    const grant = await open(bound)
    expect(await refresh(grant, { tmb })).toMatchObject({ status: 400, body: { error } })
    expect(await refresh(grant, {})).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })
  })

  it('is not given later to a grant that was issued without', async () => {
    const grant = await open({})
    const refused = await refresh(grant, { tmb: bound })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(as.events.at(-1)).toMatchObject({ code: 'grant_not_bound' })

    const control = await refresh(grant, {})
    expect(control).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    expect(control.body).not.toHaveProperty('cnf')
  })

  it('holds for every resource of the grant', async () => {
    const code = await as.authorize({ resource: JWT_RESOURCE, scope: 'openid orders.read' })
    const parameters = { ...code, ...bound, resource: JWT_RESOURCE }
    const grant = await as.token({ parameters })
    const refreshToken = String(grant.body['refresh_token'])
    const refused = await as.token({
      parameters: {
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
        resource: JWT_RESOURCE,
        tmb: JSON.stringify({ jkt: OTHER }),
      },
    })
    expect(refused.body['error']).toBe('invalid_grant')
    const elsewhere = {
      grant_type: 'refresh_token',
      refresh_token: refreshToken,
      resource: OPAQUE_RESOURCE,
    }
    expect((await as.token({ parameters: elsewhere })).body['error']).toBe('invalid_target')
  })

  it('belongs to one sign-in: the next one of the same user may have another key', async () => {
    await open(bound)
    const next = await open({ tmb: JSON.stringify({ jkt: OTHER }) })
    expect(next).toMatchObject({ status: 200, body: { cnf: { jkt: OTHER } } })
    expect((await refresh(next, {})).body['cnf']).toStrictEqual({ jkt: OTHER })
  })

  it('does not tell another client that there is one', async () => {
    const grant = await open(bound)
    const foreign = await refresh(grant, { clientId: 'jwt', tmb: { tmb: `{"jkt":"${OTHER}"}` } })
    expect(foreign.body).toEqual({
      error: 'invalid_grant',
      error_description: 'grant request is invalid',
    })
    expect((await refresh(grant, {})).status).toBe(200)
  })

  it('is kept by a client that must send tmb and forgets it at a refresh', async () => {
    const grant = await open(bound, 'bound_only')
    expect(await refresh(grant, { clientId: 'bound_only' })).toMatchObject({
      status: 200,
      body: { token_type: 'DPoP', cnf: { jkt: JKT } },
    })
  })
})

describe('AS-07, AS-12: a DPoP header at the refresh of a bound grant', () => {
  it.each([
    ['a malformed proof', async () => 'no proof'],
    [
      'a valid proof of another key',
      async () => {
        const proofKey = await generateProofKey()
        expect(await jktOf(proofKey)).not.toBe(JKT)
        const clock = (): number => Math.floor(Date.now() / 1000)
        const htu = `${as.issuer}/token`
        return (await createProofFactory({ proofKey, htm: 'POST', htu, clock })).valid()
      },
    ],
  ])('takes no part: %s', async (_what, proof) => {
    const refreshed = await refresh(await open(bound), { headers: { DPoP: await proof() } })
    expect(refreshed).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(refreshed.body['cnf']).toStrictEqual({ jkt: JKT })
    expect(refreshed.headers.get('DPoP-Nonce')).toBeNull()
  })
})

it('AS-12: a used refresh token gets nothing and ends its grant, with a wrong tmb as without', async () => {
  const grant = await open(bound)
  const next = await refresh(grant, {})
  expect(next.status).toBe(200)
  const replayed = await refresh(grant, { tmb: { tmb: JSON.stringify({ jkt: OTHER }) } })
  expect(replayed).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  expect((await refresh(next, {})).body['error']).toBe('invalid_grant')
})
