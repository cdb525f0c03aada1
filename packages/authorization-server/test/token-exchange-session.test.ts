import { decodeJwt } from 'jose'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import type { Answer } from './support/authorization-server.js'
import type { ClientId } from './support/clients.js'
import { CERTIFICATE_THUMBPRINT, JWT_RESOURCE, OPAQUE_RESOURCE } from './support/configuration.js'
import { ACCESS_TOKEN_TYPE, startExchangeWorld, type ExchangeWorld } from './support/exchange.js'

const x5t = { 'x5t#S256': CERTIFICATE_THUMBPRINT }
const session = { ...x5t, tls_exp: 'EXPORTER-oauth-tls-session-bound' }
const headers = { 'x-test-certificate': '1' }

let world: ExchangeWorld
let proofKey: CryptoKeyPair
let jkt: string

beforeAll(async () => {
  world = await startExchangeWorld()
  proofKey = await generateProofKey()
  jkt = await jktOf(proofKey)
})
afterAll(async () => world.as.close())

/** A token of the client itself, to act with. */
const actorOf = async (clientId: ClientId, cnf: object): Promise<Record<string, string>> => {
  const { body } = await world.as.token({
    clientId,
    parameters: {
      grant_type: 'client_credentials',
      resource: JWT_RESOURCE,
      tmb: JSON.stringify(cnf),
    },
  })
  return { actor_token: String(body['access_token']), actor_token_type: ACCESS_TOKEN_TYPE }
}
const tokenCnf = ({ body }: Answer): unknown => decodeJwt(String(body['access_token']))['cnf']

const expectSession = (answer: Answer): void => {
  expect(answer).toMatchObject({ status: 200, body: { cnf: session } })
  expect(tokenCnf(answer)).toStrictEqual(session)
}
const expectRefused = (answer: Answer): void => {
  expect(answer).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
  expect(answer.body).not.toHaveProperty('access_token')
  expect(world.as.events.at(-1)).toMatchObject({ code: 'session_binding_missing' })
}

describe.each([
  ['a JWT', JWT_RESOURCE],
  ['an opaque token', OPAQUE_RESOURCE],
])('EKM-24: of a session-bound subject token, %s, comes', (_kind, resource) => {
  it('a session-bound one, where tmb asks for it', async () => {
    const subjectToken = await world.subject({ cnf: session, resource })
    const parameters = { tmb: JSON.stringify(session) }
    expectSession(await world.exchange({ subjectToken, parameters }))
  })

  it('a session-bound one, where the certificate of the request binds it', async () => {
    const clientId = 'exchange_by_certificate'
    const subjectToken = await world.subject({ cnf: session, resource })
    expectSession(await world.exchange({ clientId, subjectToken, headers }))

    const unbound = await world.subject({ cnf: x5t, resource })
    const control = await world.exchange({ clientId, subjectToken: unbound, headers })
    expect(control.body['cnf']).toStrictEqual(x5t)
  })

  it.each([
    ['its certificate only', () => x5t],
    ['a key of its own', () => ({ jkt })],
    ['both', () => ({ jkt, ...x5t })],
  ])('nothing, where tmb names %s', async (_what, cnfOf) => {
    const subjectToken = await world.subject({ cnf: session, resource })
    const parameters = { tmb: JSON.stringify(cnfOf()) }
    expectRefused(await world.exchange({ subjectToken, parameters }))

    const control = await world.subject({ cnf: x5t, resource })
    expect((await world.exchange({ subjectToken: control, parameters })).status).toBe(200)
  })

  it('nothing, where a DPoP proof would bind it', async () => {
    const subjectToken = await world.subject({ cnf: session, resource })
    expectRefused(
      await world.exchange({ subjectToken, headers: { DPoP: await world.prove(proofKey) } }),
    )
  })
})

it('EKM-24: a session-bound actor token counts like a session-bound subject token', async () => {
  const subjectToken = await world.subject({ cnf: { jkt } })
  const sessionActor = await actorOf('orders_api', session)
  const exchange = async (actor: Record<string, string>, cnf: object): Promise<Answer> =>
    world.exchange({ subjectToken, parameters: { ...actor, tmb: JSON.stringify(cnf) } })

  expectSession(await exchange(sessionActor, session))
  expectRefused(await exchange(sessionActor, x5t))
  expect((await exchange(await actorOf('orders_api', x5t), x5t)).body['cnf']).toStrictEqual(x5t)
})

it('EKM-24: and refuses a bearer token for an unbound subject token', async () => {
  const subjectToken = await world.subject()
  const actor = await actorOf('orders_api', session)
  expectRefused(await world.exchange({ subjectToken, parameters: actor }))
  expect((await world.exchange({ subjectToken })).status).toBe(200)
})

it('EKM-23: a client with tls_session_bound_access_tokens gets no other by exchange', async () => {
  const clientId = 'exchange_by_session'
  const subjectToken = await world.subject({ cnf: { jkt } })
  expectSession(await world.exchange({ clientId, subjectToken, headers }))
  expectRefused(
    await world.exchange({
      clientId,
      subjectToken,
      headers: { DPoP: await world.prove(proofKey) },
    }),
  )
  const withoutCertificate = await world.exchange({ clientId, subjectToken })
  expect(withoutCertificate).toMatchObject({ status: 400, body: { error: 'invalid_request' } })
})
