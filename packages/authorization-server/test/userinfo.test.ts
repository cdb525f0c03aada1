import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT } from './support/configuration.js'

let as: TestAuthorizationServer
let proofKey: CryptoKeyPair

beforeAll(async () => {
  as = await startAuthorizationServer()
  proofKey = await generateProofKey()
})
afterAll(async () => as.close())

const issue = async (cnf: object, server = as): Promise<string> => {
  const clientId = 'every_method'
  const code = await server.authorize({}, clientId)
  const answer = await server.token({ clientId, parameters: { ...code, tmb: JSON.stringify(cnf) } })
  expect(answer.status).toBe(200)
  return String(answer.body['access_token'])
}

const present = async (
  accessToken: string,
  { key = proofKey, headers = {} } = {},
): Promise<Answer> => {
  const clock = (): number => Math.floor(Date.now() / 1000)
  const htu = `${as.issuer}/me`
  const proofs = await createProofFactory({ proofKey: key, htm: 'GET', htu, accessToken, clock })
  const credentials = { Authorization: `DPoP ${accessToken}`, DPoP: await proofs.valid() }
  return as.get('/me', { ...credentials, ...headers })
}

describe('AS-16: UserInfo takes a token that tmb bound to a key', () => {
  it('from the holder of the key, who proves it himself', async () => {
    const accessToken = await issue({ jkt: await jktOf(proofKey) })
    expect(await present(accessToken)).toMatchObject({ status: 200, body: { sub: 'alice' } })
  })

  it('from nobody else', async () => {
    const accessToken = await issue({ jkt: await jktOf(proofKey) })
    const thief = await generateProofKey()
    expect((await present(accessToken, { key: thief })).status).toBe(401)
    expect((await as.get('/me', { Authorization: `Bearer ${accessToken}` })).status).toBe(401)
    expect((await as.get('/me', { Authorization: `DPoP ${accessToken}` })).status).toBe(400)
    expect((await present(accessToken)).status).toBe(200)
  })
})

describe('AS-16: UserInfo takes a token that tmb bound to a certificate', () => {
  const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }

  it('on a connection with that certificate only', async () => {
    const authorization = { Authorization: `Bearer ${await issue(x5t)}` }
    expect((await as.get('/me', authorization)).status).toBe(401)
    const withCertificate = { ...authorization, 'x-test-certificate': '1' }
    expect((await as.get('/me', withCertificate)).status).toBe(200)
  })

  it('with a key beside it, when both are proved', async () => {
    const accessToken = await issue({ jkt: await jktOf(proofKey), ...x5t })
    const headers = { 'x-test-certificate': '1' }
    const bearer = { Authorization: `Bearer ${accessToken}`, ...headers }
    expect((await present(accessToken)).status).toBe(401)
    expect((await as.get('/me', bearer)).status).toBe(401)
    expect((await present(accessToken, { headers })).status).toBe(200)
  })

  it('never where certificates are not looked at', async () => {
    const plain = await startAuthorizationServer({
      features: { mTLS: { enabled: false } },
      configuration: { clientAuthMethods: ['client_secret_basic'] },
    })
    const authorization = { Authorization: `Bearer ${await issue(x5t, plain)}` }
    const refused = await plain.get('/me', { ...authorization, 'x-test-certificate': '1' })
    await plain.close()
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })

  it('never with tls_exp, since it cannot know the TLS session', async () => {
    const accessToken = await issue({ ...x5t, tls_exp: 'EXPORTER-oauth-tls-session-bound' })
    const headers = { Authorization: `Bearer ${accessToken}`, 'x-test-certificate': '1' }
    const refused = await as.get('/me', headers)
    expect(refused).toMatchObject({ status: 401, body: { error: 'invalid_token' } })
  })
})
