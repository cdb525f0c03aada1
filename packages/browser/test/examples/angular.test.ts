// Angular's packages are compiled at run time where no build step did so.
import '@angular/compiler'
import { HttpClient, provideHttpClient, withFetch, withInterceptors } from '@angular/common/http'
import {
  createEnvironmentInjector,
  Injector,
  provideZonelessChangeDetection,
  ɵINJECTOR_SCOPE as INJECTOR_SCOPE,
  type EnvironmentInjector,
} from '@angular/core'
import { firstValueFrom, retry } from 'rxjs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { signRequests } from '../../examples/angular.js'
import { API, claimsOf, createWorld, OTHER_API, reply, type World } from '../support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
  vi.stubGlobal('fetch', world.fetch)
})
afterEach(() => {
  vi.unstubAllGlobals()
})

async function createHttp(): Promise<HttpClient> {
  const { tmb } = await world.signIn()
  const parent: unknown = Injector.NULL
  return createEnvironmentInjector(
    [
      // As an application has it: HttpClient's own parts ask for the root.
      { provide: INJECTOR_SCOPE, useValue: 'root' },
      provideZonelessChangeDetection(),
      provideHttpClient(withFetch(), withInterceptors([signRequests(tmb, [API])])),
    ],
    parent as EnvironmentInjector,
  ).get(HttpClient)
}

it('issue 5 item 8: Angular’s HttpClient calls the API with a token and a proof', async () => {
  const http = await createHttp()
  const answer = http.post(`${API}/orders`, { buy: 'a bicycle' }, { params: { page: 2 } })
  expect(await firstValueFrom(answer)).toMatchObject({ body: '{"buy":"a bicycle"}' })

  const [sent] = world.requestsTo('/orders')
  expect(sent!.url).toBe(`${API}/orders?page=2`)
  expect(sent!.headers.get('Authorization')).toBe('DPoP token-1')
  expect(sent).toMatchObject({ redirect: 'error', credentials: 'omit' })
  expect(await claimsOf(sent!)).toMatchObject({ htm: 'POST', htu: `${API}/orders` })
})

it('BR-18: requests to others are left alone', async () => {
  const http = await createHttp()
  await firstValueFrom(http.get(`${OTHER_API}/x`))
  await firstValueFrom(http.get(`${API}.evil.test/x`)).catch(() => undefined)
  for (const { headers } of world.requestsTo('/x')) expect(headers.get('DPoP')).toBeNull()
})

it('BR-10: each try has a proof of its own', async () => {
  const http = await createHttp()
  let count = 0
  world.intercept('/orders', () => {
    count += 1
    return count < 3 ? reply({}, 503) : undefined
  })
  await firstValueFrom(http.get(`${API}/orders`).pipe(retry(2)))
  const proofs = world.requestsTo('/orders').map(({ headers }) => headers.get('DPoP'))
  expect(new Set(proofs).size).toBe(3)
})

it('BR-19: a redirect is an error, and takes nothing along', async () => {
  const http = await createHttp()
  world.intercept('/orders', () => Response.redirect(`${OTHER_API}/steal`, 307))
  await expect(firstValueFrom(http.get(`${API}/orders`))).rejects.toMatchObject({ status: 0 })
  expect(world.requestsTo('/steal')).toHaveLength(0)
})

it('an error of the page arrives as it is', async () => {
  const http = await createHttp()
  await world.openTab().tmb.logout()
  await expect
    .poll(async () => firstValueFrom(http.get(`${API}/orders`)).catch((error: unknown) => error))
    .toMatchObject({ code: 'no_session' })
})
