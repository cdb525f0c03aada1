import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { REDIRECT_URI } from './support/clients.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const OTHER = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'

let as: TestAuthorizationServer

beforeAll(async () => {
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

/** @param claimed `undefined`: the assertion says nothing of it. */
const ask = async (claimed: unknown, tmb?: string): Promise<Answer> =>
  as.token({
    clientId: 'jwt',
    parameters: { grant_type: 'client_credentials', ...(tmb === undefined ? {} : { tmb }) },
    assertionClaims: claimed === undefined ? {} : { tmb: claimed },
  })

const tmb = JSON.stringify({ jkt: JKT })

describe('AS-24: a client assertion that names tmb', () => {
  it.each([
    ['as an object', { jkt: JKT }],
    ['as the text of the parameter', tmb],
    ['as the same object written otherwise', `{ "jkt" : "${JKT}" }`],
  ])('%s, and the same, is accepted', async (_how, claimed) => {
    expect(await ask(claimed, tmb)).toMatchObject({ status: 200, body: { cnf: { jkt: JKT } } })
  })

  it.each([
    ['another key', { jkt: OTHER }],
    ['another key as text', JSON.stringify({ jkt: OTHER })],
    ['one member more', { jkt: JKT, 'x5t#S256': OTHER }],
    ['an empty object', {}],
    ['null', null],
    ['a number', 1],
    ['a text that is no JSON', 'x'],
    ['an object twice nested as text', JSON.stringify(tmb)],
  ])('%s is invalid_client', async (_what, claimed) => {
    expect(await ask(claimed, tmb)).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect(as.events.at(-1)).toMatchObject({ code: 'assertion_contradicts_tmb' })
    expect((await ask(undefined, tmb)).status).toBe(200)
  })

  it('and no parameter is invalid_client: somebody took it out', async () => {
    expect(await ask({ jkt: JKT })).toMatchObject({
      status: 401,
      body: { error: 'invalid_client' },
    })
    expect(await ask(undefined)).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
  })
})

it('AS-21, AS-24: at the pushed authorization endpoint neither has a meaning', async () => {
  const parameters = {
    client_id: 'jwt',
    response_type: 'code',
    redirect_uri: REDIRECT_URI,
    scope: 'openid',
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }
  const assertionClaims = { tmb: { jkt: JKT } }
  const pushed = await as.post('/request', { clientId: 'jwt', parameters, assertionClaims })
  expect(pushed.status).toBe(201)
})
