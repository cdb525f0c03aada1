import { QueryClient } from '@tanstack/query-core'
import { beforeEach, expect, it } from 'vitest'
import { forgetWithSession, jsonQuery } from '../../examples/tanstack-query.js'
import { API, createWorld, reply, type World } from '../support/world.js'

let world: World
let queries: QueryClient
beforeEach(() => {
  world = createWorld()
  queries = new QueryClient({ defaultOptions: { queries: { retryDelay: 0 } } })
})

const ORDERS = `${API}/orders`

it('issue 5 item 8: a query gets its data from the API, once for all who ask', async () => {
  const { tmb } = await world.signIn()
  world.intercept('/orders', () => reply(['a bicycle']))
  const query = jsonQuery<readonly string[]>(tmb, ORDERS)
  const [first, second] = await Promise.all([queries.query(query), queries.query(query)])
  expect([first, second]).toEqual([['a bicycle'], ['a bicycle']])
  expect(world.requestsTo('/orders')).toHaveLength(1)
})

it('what may pass is tried again, with a proof of its own', async () => {
  const { tmb } = await world.signIn()
  let count = 0
  world.intercept('/orders', () => {
    count += 1
    return count < 3 ? reply({}, 503) : reply([])
  })
  expect(await queries.query(jsonQuery(tmb, ORDERS))).toEqual([])
  const proofs = world.requestsTo('/orders').map(({ headers }) => headers.get('DPoP'))
  expect(new Set(proofs).size).toBe(3)
})

it('a session that is over is not tried again, and what it had shown is gone', async () => {
  const { tmb } = await world.signIn()
  forgetWithSession(tmb, queries)
  world.intercept('/orders', () => reply(['a bicycle']))
  await queries.query(jsonQuery(tmb, ORDERS))
  expect(queries.getQueryData([ORDERS])).toEqual(['a bicycle'])

  await tmb.logout()
  expect(queries.getQueryData([ORDERS])).toBeUndefined()
  await expect(queries.query(jsonQuery(tmb, ORDERS))).rejects.toMatchObject({
    code: 'no_session',
  })
  expect(world.requestsTo('/orders')).toHaveLength(1)
})

it('a query that nobody waits for any more is aborted', async () => {
  const { tmb } = await world.signIn()
  const aborted = new Promise<void>((resolve) => {
    world.intercept('/orders', async ({ signal }) => {
      signal.addEventListener('abort', () => resolve())
      return new Promise(() => undefined)
    })
  })
  const query = queries.query(jsonQuery(tmb, ORDERS))
  query.catch(() => undefined)
  await expect.poll(() => world.requestsTo('/orders').length).toBe(1)
  await queries.cancelQueries({ queryKey: [ORDERS] })
  await expect(query).rejects.toThrow()
  await aborted
})
