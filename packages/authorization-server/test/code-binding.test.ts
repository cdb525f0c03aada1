import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT } from './support/configuration.js'

const OTHER = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'

let as: TestAuthorizationServer
let proofKey: CryptoKeyPair
let jkt: string

beforeAll(async () => {
  as = await startAuthorizationServer()
  proofKey = await generateProofKey()
  jkt = await jktOf(proofKey)
})
afterAll(async () => as.close())

const prove = async (key: CryptoKeyPair): Promise<string> => {
  const clock = (): number => Math.floor(Date.now() / 1000)
  const htu = `${as.issuer}/token`
  return (await createProofFactory({ proofKey: key, htm: 'POST', htu, clock })).valid()
}

const clientId = 'every_method'

describe('AS-11: a code that was asked for with dpop_jkt', () => {
  it('is redeemed by an equal tmb.jkt', async () => {
    const parameters = {
      ...(await as.authorize({ dpop_jkt: jkt }, clientId)),
      tmb: JSON.stringify({ jkt }),
    }
    const answer = await as.token({ clientId, parameters })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', cnf: { jkt } } })
  })

  it.each([
    ['another jkt', () => ({ jkt: OTHER })],
    ['a certificate alone', () => ({ 'x5t#S256': CERTIFICATE_THUMBPRINT })],
  ])('is refused to %s, and not used up', async (_what, cnf) => {
    const code = await as.authorize({ dpop_jkt: jkt }, clientId)
    const tmb = JSON.stringify(cnf())
    const refused = await as.token({ clientId, parameters: { ...code, tmb } })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    expect(as.events.at(-1)).toMatchObject({ code: 'code_bound_to_another_key' })

    const parameters = { ...code, tmb: JSON.stringify({ jkt }) }
    expect(await as.token({ clientId, parameters })).toMatchObject({ status: 200 })
  })

  it('is refused with neither proof nor tmb', async () => {
    const parameters = await as.authorize({ dpop_jkt: jkt }, clientId)
    const refused = await as.token({ clientId, parameters })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
  })

  it('is refused to a right proof beside a wrong tmb, and to the reverse it is open', async () => {
    const code = await as.authorize({ dpop_jkt: jkt }, clientId)
    const refused = await as.token({
      clientId,
      parameters: { ...code, tmb: JSON.stringify({ jkt: OTHER }) },
      headers: { DPoP: await prove(proofKey) },
    })
    expect(refused).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })

    const accepted = await as.token({
      clientId,
      parameters: { ...code, tmb: JSON.stringify({ jkt }) },
      headers: { DPoP: await prove(await generateProofKey()) },
    })
    expect(accepted).toMatchObject({ status: 200, body: { cnf: { jkt } } })
  })

  it('is redeemed once, and a second try ends what came of it, with a wrong tmb too', async () => {
    const code = await as.authorize({ dpop_jkt: jkt }, clientId)
    const first = await as.token({
      clientId,
      parameters: { ...code, tmb: JSON.stringify({ jkt }) },
    })
    expect(first.status).toBe(200)

    const tmb = JSON.stringify({ jkt: OTHER })
    const second = await as.token({ clientId, parameters: { ...code, tmb } })
    expect(second).toMatchObject({ status: 400, body: { error: 'invalid_grant' } })
    const token = String(first.body['access_token'])
    const introspection = await as.post('/token/introspection', { parameters: { token } })
    expect(introspection.body).toEqual({ active: false })
  })

  it('AS-15: is redeemed by a proof as ever', async () => {
    const parameters = await as.authorize({ dpop_jkt: jkt }, clientId)
    const answer = await as.token({
      clientId,
      parameters,
      headers: { DPoP: await prove(proofKey) },
    })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(answer.body).not.toHaveProperty('cnf')
  })
})

describe('AS-21: tmb at the pushed authorization endpoint', () => {
  it.each([
    ['valid', () => JSON.stringify({ jkt })],
    ['malformed', () => '{'],
  ])('has no meaning, %s or not', async (_what, tmb) => {
    const parameters = await as.authorize({ tmb: tmb() })
    const answer = await as.token({ parameters })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
    expect(answer.body).not.toHaveProperty('cnf')
  })
})
