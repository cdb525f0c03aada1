import { AxiosError } from 'axios'
import { beforeEach, expect, it } from 'vitest'
import { createSignedAxios } from '../../examples/axios.js'
import { API, challenge, claimsOf, createWorld, OTHER_API, type World } from '../support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

it('issue 5 item 8: axios calls the API with a token and a proof', async () => {
  const { tmb } = await world.signIn()
  const api = createSignedAxios(tmb, API)
  const { data, status } = await api.post<{ body: string }>('/orders?x=1', { buy: 'a bicycle' })
  expect(status).toBe(200)
  expect(data.body).toBe('{"buy":"a bicycle"}')

  const [sent] = world.requestsTo('/orders')
  expect(sent!.headers.get('Authorization')).toBe('DPoP token-1')
  expect(await claimsOf(sent!)).toMatchObject({ htm: 'POST', htu: `${API}/orders` })
})

it('a nonce and a new token are fetched on the way, the body arrives whole', async () => {
  const { tmb } = await world.signIn()
  let count = 0
  world.intercept('/orders', () => {
    count += 1
    if (count === 1) return challenge('error="use_dpop_nonce"', { 'DPoP-Nonce': 'n1' })
    return count === 2 ? challenge('error="invalid_token"') : undefined
  })
  const { data } = await createSignedAxios(tmb, API).put<{ body: string }>('/orders', { a: 1 })
  expect(data.body).toBe('{"a":1}')
  expect(world.requestsTo('/orders')).toHaveLength(3)
})

it('BR-19: a redirect is an error, and takes nothing along', async () => {
  const { tmb } = await world.signIn()
  world.intercept('/orders', () => Response.redirect(`${OTHER_API}/steal`, 307))
  await expect(createSignedAxios(tmb, API).get('/orders')).rejects.toBeInstanceOf(AxiosError)
  expect(world.requestsTo('/steal')).toHaveLength(0)
})

it('an error of the API is an AxiosError, and one of the page says which', async () => {
  const { tmb } = await world.signIn()
  world.intercept('/orders', () => new Response(null, { status: 404 }))
  await expect(createSignedAxios(tmb, API).get('/orders')).rejects.toMatchObject({
    response: { status: 404 },
  })
  await tmb.logout()
  await expect(createSignedAxios(tmb, API).get('/orders')).rejects.toMatchObject({
    code: 'no_session',
  })
})

it('an abort arrives', async () => {
  const { tmb } = await world.signIn()
  const signal = AbortSignal.abort()
  await expect(createSignedAxios(tmb, API).get('/orders', { signal })).rejects.toMatchObject({
    code: 'ERR_CANCELED',
  })
  expect(world.requestsTo('/orders')).toHaveLength(0)
})
