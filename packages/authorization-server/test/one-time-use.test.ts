import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOneTimeUseStore } from '@tmb-kit/authorization-server'
import { createProofFactory, generateProofKey, slow, testClock } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { memoryAdapter } from './support/memory-adapter.js'
import { oneTimeUseStoreContract } from './support/one-time-use-store-contract.js'
import { expectOneWinner, raceOfFifty } from './support/race.js'

const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const tmb = JSON.stringify({ jkt: JKT })

let as: TestAuthorizationServer

beforeAll(async () => {
  const adapter = memoryAdapter()
  as = await startAuthorizationServer({
    configuration: { adapter: (model: string) => slow(adapter(model)) },
  })
})
afterAll(async () => as.close())

const ROUNDS = Array.from({ length: 20 }, (_, index) => index + 1)

describe('protocol.md: on an adapter that takes its time, twenty times out of twenty', () => {
  it.each(ROUNDS)('a code has one winner of fifty (%i)', async () => {
    const parameters = { ...(await as.authorize()), tmb }
    const winner = expectOneWinner(await raceOfFifty(async () => as.token({ parameters })))
    expect(winner.body['cnf']).toStrictEqual({ jkt: JKT })
  })

  it('AS-22: so has a code that is redeemed without tmb', async () => {
    const parameters = await as.authorize()
    expectOneWinner(await raceOfFifty(async () => as.token({ parameters })))
  })

  it.each(ROUNDS)('a refresh token that rotates has one winner of fifty (%i)', async () => {
    const { body } = await as.token({ parameters: { ...(await as.authorize()), tmb } })
    const refreshToken = String(body['refresh_token'])
    const parameters = { grant_type: 'refresh_token', refresh_token: refreshToken }
    expectOneWinner(await raceOfFifty(async () => as.token({ parameters })))
  })

  it('a proof counts once, of fifty requests at a time', async () => {
    const clock = (): number => Math.floor(Date.now() / 1000)
    const request = { htm: 'POST', htu: `${as.issuer}/token`, clock }
    const proofs = await createProofFactory({ proofKey: await generateProofKey(), ...request })
    const headers = { DPoP: await proofs.valid() }
    const parameters = { grant_type: 'client_credentials' }
    expectOneWinner(await raceOfFifty(async () => as.token({ parameters, headers })))
  })

  it('a client assertion counts once, of fifty requests at a time', async () => {
    const assertionClaims = { jti: crypto.randomUUID() }
    const parameters = { grant_type: 'client_credentials', tmb }
    const answers = await raceOfFifty(async () =>
      as.token({ clientId: 'jwt', parameters, assertionClaims }),
    )
    expectOneWinner(answers, 'invalid_client')
  })
})

it('a store that cannot answer leads to no token', async () => {
  const failing = await startAuthorizationServer({
    oneTimeUseStore: {
      claim: async () => {
        throw new Error('down')
      },
    },
  })
  const answer = await failing.token({ parameters: { ...(await failing.authorize()), tmb } })
  await failing.close()
  expect(answer).toMatchObject({ status: 500, body: { error: 'server_error' } })
})

it('a store gets a hash, and a time that outlives the request', async () => {
  const claims: [string, number][] = []
  const watched = await startAuthorizationServer({
    oneTimeUseStore: {
      claim: async (id, expiresAt) => {
        claims.push([id, expiresAt])
        return true
      },
    },
  })
  const grant = await watched.authorize()
  await watched.token({ parameters: { ...grant, tmb } })
  await watched.close()

  expect(claims).toEqual([[expect.stringMatching(/^[\w-]{43}$/), expect.any(Number)]])
  expect(claims[0]![0]).not.toContain(grant['code'])
  const now = Date.now() / 1000
  expect(claims[0]![1]).toBeGreaterThan(now + 60)
  expect(claims[0]![1]).toBeLessThan(now + 3600)
})

oneTimeUseStoreContract('memory', (clock) => memoryOneTimeUseStore({ clock }))
oneTimeUseStoreContract('memory, slow', (clock) => slow(memoryOneTimeUseStore({ clock })))

describe('memoryOneTimeUseStore', () => {
  it('says yes once for an id, and again when its time is over', async () => {
    const clock = testClock()
    const store = memoryOneTimeUseStore({ clock })
    const claim = async (id: string): Promise<boolean> => store.claim(id, clock() + 10)

    expect(await claim('a')).toBe(true)
    expect(await claim('a')).toBe(false)
    expect(await claim('b')).toBe(true)
    clock.advance(9)
    expect(await claim('a')).toBe(false)
    clock.advance(1)
    expect(await claim('a')).toBe(true)
  })

  it('forgets what is over behind something that lives longer, in thousands of ids as well', async () => {
    const clock = testClock()
    const store = memoryOneTimeUseStore({ clock })
    await store.claim('long', clock() + 1_000_000)
    for (let index = 0; index < 5000; index += 1) await store.claim(`${index}`, clock() + 10)
    clock.advance(10)
    for (let index = 0; index < 5000; index += 1) {
      expect(await store.claim(`${index}`, clock() + 10)).toBe(true)
    }
    expect(await store.claim('long', clock() + 10)).toBe(false)
  })
})
