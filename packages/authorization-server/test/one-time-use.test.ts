import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { memoryOneTimeUseStore } from '@tmb-kit/authorization-server'
import { slow, testClock } from '@tmb-kit/testkit'
import {
  startAuthorizationServer,
  type Answer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { memoryAdapter } from './support/memory-adapter.js'

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

const race = async (parameters: Readonly<Record<string, string>>): Promise<readonly Answer[]> =>
  Promise.all(Array.from({ length: 50 }, async () => as.token({ parameters })))

const expectOneWinner = (answers: readonly Answer[]): Answer => {
  const winners = answers.filter(({ status }) => status === 200)
  expect(winners).toHaveLength(1)
  const losers = answers.filter(({ status }) => status !== 200)
  expect(losers.map(({ body }) => body['error'])).toEqual(Array(49).fill('invalid_grant'))
  return winners[0]!
}

describe('protocol.md: on an adapter that takes its time', () => {
  it('a code has one winner of fifty', async () => {
    const winner = expectOneWinner(await race({ ...(await as.authorize()), tmb }))
    expect(winner.body['cnf']).toStrictEqual({ jkt: JKT })
  })

  it('AS-22: so has a code that is redeemed without tmb', async () => {
    expectOneWinner(await race(await as.authorize()))
  })

  it('a refresh token that rotates has one winner of fifty', async () => {
    const { body } = await as.token({ parameters: { ...(await as.authorize()), tmb } })
    const refreshToken = String(body['refresh_token'])
    expectOneWinner(await race({ grant_type: 'refresh_token', refresh_token: refreshToken }))
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
})
