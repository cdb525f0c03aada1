import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createProofFactory, generateProofKey, jktOf } from '@tmb-kit/testkit'
import type { Answer } from './support/authorization-server.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'
import { startExchangeWorld, type ExchangeWorld } from './support/exchange.js'

const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }
const tlsExp = { ...x5t, tls_exp: 'EXPORTER-oauth-tls-session-bound' }
const withCertificate = { 'x-test-certificate': '1' }

let world: ExchangeWorld
let browserKey: CryptoKeyPair
let thiefKey: CryptoKeyPair
let ofBrowser: { readonly jkt: string }
let tmb: string

beforeAll(async () => {
  world = await startExchangeWorld()
  browserKey = await generateProofKey()
  thiefKey = await generateProofKey()
  ofBrowser = { jkt: await jktOf(browserKey) }
  tmb = JSON.stringify({ jkt: await jktOf(thiefKey) })
})
afterAll(async () => world.as.close())

const asRogue = async (
  subjectToken: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Answer> =>
  world.exchange({ clientId: 'rogue', subjectToken, parameters: { tmb }, headers })

const expectRefused = (answer: Answer): void => {
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  expect(answer.body).not.toHaveProperty('access_token')
  expect(world.as.events.at(-1)).toMatchObject({ code: 'subject_token_of_another' })
}

/** A valid proof of the thief's, with one thing that he would try. */
const proofBy = async (
  proofKey: CryptoKeyPair,
  subjectToken: string,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<string> => {
  const clock = (): number => Math.floor(Date.now() / 1000)
  const request = { htm: 'POST', htu: `${world.as.issuer}/token`, clock }
  const factory = await createProofFactory({ proofKey, accessToken: subjectToken, ...request })
  return factory.with({ claims })
}

describe.each([
  ['a JWT', JWT_RESOURCE],
  ['an opaque token', OPAQUE_RESOURCE],
])('TX-04: a rogue client with a stolen browser token, %s, is refused', (_kind, resource) => {
  it.each<[string, (subjectToken: string) => Promise<Readonly<Record<string, string>>>]>([
    ['with tmb of its own key', async () => ({})],
    ['with a proof of its own key', async (token) => ({ DPoP: await proofBy(thiefKey, token) })],
    [
      "with the browser's proof for another address",
      async (token) => ({ DPoP: await proofBy(browserKey, token, { htu: 'https://api.test/' }) }),
    ],
    [
      "with the browser's proof for another token",
      async () => ({ DPoP: await proofBy(browserKey, 'another') }),
    ],
    [
      "with the browser's proof that names no token",
      async (token) => ({ DPoP: await proofBy(browserKey, token, { ath: undefined }) }),
    ],
    [
      "with the browser's proof for another method",
      async (token) => ({ DPoP: await proofBy(browserKey, token, { htm: 'GET' }) }),
    ],
    [
      "with an old proof of the browser's",
      async (token) => ({ DPoP: await proofBy(browserKey, token, { iat: 1 }) }),
    ],
    ['with a certificate', async () => withCertificate],
  ])('%s', async (_what, headersOf) => {
    const subjectToken = await world.subject({ cnf: ofBrowser, resource })
    expectRefused(await asRogue(subjectToken, await headersOf(subjectToken)))

    const control = await world.exchange({ subjectToken, parameters: { tmb } })
    expect(control).toMatchObject({ status: 200 })
  })
})

it('TX-04: the client that a bound token was issued to is not the holder of its key', async () => {
  const subjectToken = String(
    (
      await world.as.token({
        clientId: 'rogue',
        parameters: {
          grant_type: 'client_credentials',
          scope: 'orders.read',
          resource: JWT_RESOURCE,
          tmb: JSON.stringify(ofBrowser),
        },
      })
    ).body['access_token'],
  )
  expectRefused(await asRogue(subjectToken))
})

it('TX-04: an unbound token is exchanged by who it is for, or whose it is, and by nobody else', async () => {
  const ofOther = await world.subject()
  expectRefused(await asRogue(ofOther))
  expect((await world.exchange({ subjectToken: ofOther })).status).toBe(200)

  const own = await world.as.token({
    clientId: 'rogue',
    parameters: { grant_type: 'client_credentials', scope: 'orders.read', resource: JWT_RESOURCE },
  })
  const answer = await asRogue(String(own.body['access_token']))
  expect(answer.status).toBe(200)
  expect(decodeJwt(String(answer.body['access_token']))).toMatchObject({ sub: 'rogue' })
  expect(world.as.events.findLast(({ type }) => type === 'token_exchanged')).toMatchObject({
    entitlement: 'own_token',
  })
})

describe('TX-04: the holder of the key', () => {
  it('exchanges its token with a proof that names it', async () => {
    const subjectToken = await world.subject({ cnf: ofBrowser })
    const answer = await asRogue(subjectToken, {
      DPoP: await world.prove(browserKey, subjectToken),
    })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP' } })
    expect(JSON.stringify(answer.body['cnf'])).toBe(tmb)
    expect(world.as.events.findLast(({ type }) => type === 'token_exchanged')).toMatchObject({
      entitlement: 'possession',
    })
  })

  it('and without tmb gets a token for the key of that proof', async () => {
    const subjectToken = await world.subject({ cnf: ofBrowser })
    const answer = await world.exchange({
      clientId: 'rogue',
      subjectToken,
      headers: { DPoP: await world.prove(browserKey, subjectToken) },
    })
    expect(answer).toMatchObject({ status: 200, body: { token_type: 'DPoP', cnf: ofBrowser } })
    expect(decodeJwt(String(answer.body['access_token']))['cnf']).toStrictEqual(ofBrowser)
  })

  it('uses a proof once', async () => {
    const subjectToken = await world.subject({ cnf: ofBrowser })
    const headers = { DPoP: await world.prove(browserKey, subjectToken) }
    expect((await asRogue(subjectToken, headers)).status).toBe(200)
    expectRefused(await asRogue(subjectToken, headers))
  })

  it('uses a proof once, of fifty requests at a time', async () => {
    const subjectToken = await world.subject({ cnf: ofBrowser })
    const headers = { DPoP: await world.prove(browserKey, subjectToken) }
    const race = Array.from({ length: 50 }, async () => asRogue(subjectToken, headers))
    const statuses = (await Promise.all(race)).map(({ status }) => status)
    expect(statuses.filter((status) => status === 200)).toHaveLength(1)
  })

  it('shows its certificate', async () => {
    const subjectToken = await world.subject({ cnf: x5t })
    expectRefused(await asRogue(subjectToken))
    expect((await asRogue(subjectToken, withCertificate)).status).toBe(200)
  })

  it('proves each member, not one of them', async () => {
    const subjectToken = await world.subject({ cnf: { ...ofBrowser, ...x5t } })
    const prove = async () => ({ DPoP: await world.prove(browserKey, subjectToken) })
    expectRefused(await asRogue(subjectToken, withCertificate))
    expectRefused(await asRogue(subjectToken, await prove()))
    const both = { ...withCertificate, ...(await prove()) }
    expect((await asRogue(subjectToken, both)).status).toBe(200)
  })

  it('cannot prove a TLS session here', async () => {
    const subjectToken = await world.subject({ cnf: tlsExp })
    expectRefused(await asRogue(subjectToken, withCertificate))
    const control = await world.exchange({
      subjectToken,
      parameters: { tmb: JSON.stringify(tlsExp) },
    })
    expect(control.status).toBe(200)
  })
})

it('AS-07: beside tmb a DPoP header that proves nothing does not make the resource server fail', async () => {
  const subjectToken = await world.subject({ cnf: ofBrowser })
  const answer = await world.exchange({
    subjectToken,
    parameters: { tmb },
    headers: { DPoP: 'nonsense' },
  })
  expect(answer).toMatchObject({ status: 200 })
  expect(JSON.stringify(answer.body['cnf'])).toBe(tmb)
})
