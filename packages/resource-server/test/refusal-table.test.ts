import type { VerifierEvent, VerifierOptions } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/hono'
import {
  ControlError,
  describeResults,
  hasPassed,
  REFUSAL_TABLE,
  replayStoreContract,
  runRefusals,
} from '@tmb-kit/resource-server/testing'
import { hmacNonceSource, memoryReplayStore } from '@tmb-kit/resource-server'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const URL_OF_ORDERS = `${API}/orders`

/** An API in process, and what it said of each refused request. */
const apiOf = (options: Partial<VerifierOptions> = {}) => {
  const events: VerifierEvent[] = []
  const onEvent = (event: VerifierEvent): void => void events.push(event)
  const verifier = world.verifier({ onEvent, ...options })
  const app = new Hono().all('/orders', protect(verifier, { scope: 'orders.read' }), (c) =>
    c.text('orders'),
  )
  app.onError((_, c) => c.text('a fault', 500))
  const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> =>
    app.request(new Request(input, init))
  return { fetch, events }
}
const targetOf = async (fetch: ReturnType<typeof apiOf>['fetch']) => ({
  url: URL_OF_ORDERS,
  accessToken: await world.issuer.token(),
  proofKey: world.proofKey,
  clock: world.clock,
  fetch: fetch,
})

describe('the refusal table', () => {
  it('has more than two hundred inputs, each with a title of its own', () => {
    const titles = REFUSAL_TABLE.map(({ title, rule }) => `${rule} ${title}`)
    expect(new Set(titles).size).toBe(titles.length)
    expect(titles.length).toBeGreaterThanOrEqual(200)
  })

  it('is refused by our verifier whole, with the right words, and a good request is accepted after each', async () => {
    const { fetch } = apiOf()
    const results = await runRefusals(await targetOf(fetch))
    expect(describeResults(results)).toBe(
      `${REFUSAL_TABLE.length} of ${REFUSAL_TABLE.length} bad requests were refused as they should be.`,
    )
    expect(hasPassed(results)).toBe(true)
  })

  it('is refused for the right reasons', async () => {
    for (const refusalCase of REFUSAL_TABLE) {
      const { fetch, events } = apiOf()
      await runRefusals({ ...(await targetOf(fetch)), cases: [refusalCase] })
      expect([refusalCase.title, events]).toEqual([
        refusalCase.title,
        [{ type: 'request_refused', code: refusalCase.reason }],
      ])
    }
  })

  it('is refused where nonces are asked for, too', async () => {
    const secrets = ['a secret of thirty-two bytes or more']
    const { fetch } = apiOf({ nonceSource: hmacNonceSource({ secrets, clock: world.clock }) })
    expect(hasPassed(await runRefusals(await targetOf(fetch)))).toBe(true)
  })

  it('finds the holes of an API that only looks whether a token is there', async () => {
    const fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
      const { headers } = new Request(input, init)
      return headers.get('Authorization')?.startsWith('DPoP ') === true
        ? new Response('orders')
        : new Response('', { status: 401, headers: { 'WWW-Authenticate': 'DPoP algs="ES256"' } })
    }
    const results = await runRefusals(await targetOf(fetch))
    const accepted = results.filter(({ verdict }) => verdict === 'accepted')
    expect(accepted.length).toBeGreaterThan(180)
    expect(hasPassed(results, { lenient: true })).toBe(false)
    expect(describeResults(results)).toMatch(/^ACCEPTED, and must not be \(\d+\)\n {2}/)
  })

  it('tells other words, faults and lasting damage apart', async () => {
    const cases = REFUSAL_TABLE.slice(0, 1)
    const target = await targetOf(apiOf().fetch)
    const scripted = async (...statuses: readonly number[]) => {
      const left = [200, ...statuses]
      const fetch = async (): Promise<Response> => new Response('', { status: left.shift() ?? 200 })
      return runRefusals({ ...target, cases, fetch: fetch })
    }
    expect(await scripted(500)).toMatchObject([{ verdict: 'failed' }])
    expect(await scripted(200)).toMatchObject([{ verdict: 'accepted' }])
    expect(await scripted(403)).toMatchObject([{ verdict: 'refused-otherwise' }])
    expect(await scripted(401, 401)).toMatchObject([{ verdict: 'good-request-refused' }])
    expect(await scripted(401, 200)).toMatchObject([{ verdict: 'refused' }])
    expect(hasPassed(await scripted(403))).toBe(false)
    expect(hasPassed(await scripted(403), { lenient: true })).toBe(true)
    expect(hasPassed(await scripted(500), { lenient: true })).toBe(false)
  })

  it('says at once when even the good request is refused', async () => {
    const target = { ...(await targetOf(apiOf().fetch)), accessToken: 'a.b.c' }
    await expect(runRefusals(target)).rejects.toThrow(ControlError)
  })
})

describe('the replay store contract for others', () => {
  it.each(replayStoreContract(async () => memoryReplayStore()))(
    'the memory store $title',
    async ({ run }) => {
      await run()
    },
  )

  it('finds out a store that reads and then writes', async () => {
    const known = new Set<string>()
    const racing = {
      claim: async (jkt: string, jti: string) => {
        const isNew = !known.has(jkt + jti)
        await Promise.resolve()
        known.add(jkt + jti)
        return isNew
      },
    }
    const failures = replayStoreContract(async () => racing).map(async ({ title, run }) =>
      run().then(
        () => undefined,
        () => title,
      ),
    )
    expect((await Promise.all(failures)).filter((title) => title !== undefined)).toEqual([
      'has one winner of 50 concurrent claims, 20 times',
    ])
  })
})
