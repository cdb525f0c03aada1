import { expect, test as base, type Page } from '@playwright/test'
import { startWorkerWorld, type WorkerWorld } from '../../support/service-worker/world.js'

const test = base.extend<object, { world: WorkerWorld }>({
  world: [
    async ({}, use, { parallelIndex }) => {
      const world = await startWorkerWorld(5610 + parallelIndex * 2)
      await use(world)
      await world.close()
    },
    { scope: 'worker' },
  ],
})

/** Opens the page, signs in, and waits until the worker signs. */
async function signIn(page: Page, world: WorkerWorld, fallback = 'page'): Promise<void> {
  await openPage(page, world, fallback)
  const back = page.waitForURL(/signed-in/)
  await page.evaluate(
    () => void window.workerTmb.login({ returnTo: `/${location.search}#signed-in` }),
  )
  await back
  await page.waitForFunction(() => 'workerTmb' in window)
}

async function openPage(page: Page, world: WorkerWorld, fallback = 'page'): Promise<void> {
  const search = new URLSearchParams({ api: world.api, fallback })
  await page.goto(`${world.application}/?${search}`)
}

const ready = async (page: Page): Promise<string> =>
  page.evaluate(async () => window.workerTmb.ready)

const fetchOrders = async (page: Page, api: string): Promise<number> =>
  page.evaluate(async (url) => {
    const response = await fetch(url)
    await response.text()
    return response.status
  }, `${api}/orders`)

/** Ends all workers, as a browser does whenever it likes. Their memory is gone. */
async function endWorkers(page: Page): Promise<void> {
  const session = await page.context().newCDPSession(page)
  await session.send('ServiceWorker.enable')
  await session.send('ServiceWorker.stopAllWorkers')
  await session.detach()
}

test('issue 5 item 7: images, sound, events and plain fetch are signed by the worker', async ({
  page,
  world,
}) => {
  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  const from = world.received.length

  const seen = await page.evaluate(async (api) => {
    const photo = document.body.appendChild(document.createElement('img'))
    photo.src = `${api}/photo`
    await photo.decode()
    const sound = document.body.appendChild(document.createElement('audio'))
    sound.src = `${api}/sound`
    await new Promise((resolve, reject) => {
      sound.onloadedmetadata = resolve
      sound.onerror = reject
      sound.load()
    })
    const events = new EventSource(`${api}/events`)
    const event = await new Promise<string>((resolve, reject) => {
      events.onmessage = ({ data }) => resolve(String(data))
      events.onerror = reject
    })
    events.close()
    const posted = await fetch(`${api}/orders`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: '{"buy":"a bicycle"}',
    })
    const request = new XMLHttpRequest()
    request.open('GET', `${api}/orders`)
    await new Promise((resolve) => {
      request.onload = resolve
      request.send()
    })
    return {
      photo: [photo.naturalWidth, photo.naturalHeight],
      sound: sound.duration,
      event,
      posted: (await posted.json()) as unknown,
      orders: request.responseText,
    }
  }, world.api)
  expect(seen).toEqual({
    photo: [1, 1],
    sound: 1,
    event: 'hello',
    posted: { received: { buy: 'a bicycle' } },
    orders: '{"orders":["a bicycle"]}',
  })

  const received = world.received.slice(from)
  for (const request of received) {
    expect(request.authorization, request.path).toMatch(/^DPoP eyJ/)
    expect(request.cookie, request.path).toBe('')
  }
  expect(received.find(({ path }) => path === '/sound')?.range).toMatch(/^bytes=0-/)
})

test('BR-16: no script of the page is given a token, in the strict mode it gets none when it asks', async ({
  page,
  world,
}) => {
  await signIn(page, world, 'refuse')
  expect(await ready(page)).toBe('worker')
  const bodies: Promise<string>[] = []
  page.on('response', (response) => {
    // A body that the page did not read is not there to be read.
    if (response.request().serviceWorker() === null) bodies.push(response.text().catch(() => ''))
  })
  expect(await page.evaluate(async () => window.workerTmb.session())).toMatchObject({
    kind: 'active',
  })
  expect(await fetchOrders(page, world.api)).toBe(200)
  await page.evaluate(async () => window.workerTmb.renew())
  expect(await fetchOrders(page, world.api)).toBe(200)

  const asked = world.tokenRequests()
  const refusal = await page.evaluate(async () => {
    const response = await fetch('/bff/token', {
      method: 'POST',
      headers: { 'X-CSRF': '1', 'Content-Type': 'application/json' },
      body: '{"jkt":"x"}',
    })
    return (await response.json()) as unknown
  })
  expect(refusal).toEqual({ error: 'csrf_rejected' })
  expect(world.tokenRequests()).toBe(asked)

  const used = new Set(world.received.map(({ authorization }) => authorization.slice(5)))
  const seen = (await Promise.all(bodies)).join('\n')
  expect(seen).toContain('"active":true')
  expect(seen).toContain('a bicycle')
  expect(used.size).toBeGreaterThan(0)
  for (const token of used) {
    expect(token).toMatch(/^eyJ/)
    expect(seen).not.toContain(token)
    expect(seen).not.toContain(token.split('.')[2])
  }
  expect(seen).not.toMatch(/access_token"\s*:/)
})

test('what it does not protect from: a script that gets rid of the worker can ask for a token', async ({
  page,
  world,
}) => {
  await signIn(page, world, 'refuse')
  expect(await ready(page)).toBe('worker')
  const status = await page.evaluate(async () => {
    const registration = await navigator.serviceWorker.getRegistration()
    await registration?.unregister()
    const frame = document.createElement('iframe')
    frame.src = '/empty'
    const loaded = new Promise((resolve) => {
      frame.onload = resolve
    })
    document.body.append(frame)
    await loaded
    const { jkt } = (await (
      await fetch('/bff/session', { headers: { 'X-CSRF': '1' } })
    ).json()) as { jkt: string }
    const response = await frame.contentWindow!.fetch('/bff/token', {
      method: 'POST',
      headers: { 'X-CSRF': '1', 'Content-Type': 'application/json' },
      body: JSON.stringify({ jkt }),
    })
    return response.status
  })
  expect(status).toBe(200)
})

test('a worker that the browser ended comes back, and asks for its token again', async ({
  page,
  world,
}) => {
  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  expect(await fetchOrders(page, world.api)).toBe(200)
  expect(await fetchOrders(page, world.api)).toBe(200)
  const asked = world.tokenRequests()

  await endWorkers(page)
  const statuses = await page.evaluate(
    async (url) => Promise.all(Array.from({ length: 10 }, async () => (await fetch(url)).status)),
    `${world.api}/orders`,
  )
  expect(statuses).toEqual(Array.from({ length: 10 }, () => 200))
  expect(world.tokenRequests()).toBe(asked + 1)
  expect(await page.evaluate(() => window.workerTmb.signer)).toBe('worker')
  expect(await page.evaluate(async () => (await window.workerTmb.session()).kind)).toBe('active')
})

test('a stream of events goes on when the worker has to end it', async ({ page, world }) => {
  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  const from = world.received.length
  await page.evaluate((api) => {
    const events = new EventSource(`${api}/events`)
    events.onmessage = () => {
      document.title = String(Number(document.title) + 1)
    }
    document.title = '0'
  }, world.api)
  const connections = (): number =>
    world.received.slice(from).filter(({ path }) => path === '/events').length
  await expect.poll(connections).toBeGreaterThan(2)
  const seen = Number(await page.title())
  await expect.poll(async () => Number(await page.title())).toBeGreaterThan(seen + 3)
})

test('BR-26: a sign-out reaches the worker, and a sign-in after it too', async ({
  page,
  world,
}) => {
  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  expect(await fetchOrders(page, world.api)).toBe(200)
  const left = page.waitForURL(/\/session\/end/)
  await page.evaluate(() => void window.workerTmb.logout())
  await left

  await openPage(page, world)
  expect(await ready(page)).toBe('worker')
  const received = world.received.length
  expect(await fetchOrders(page, world.api)).toBe(401)
  expect(world.received).toHaveLength(received)

  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  expect(await fetchOrders(page, world.api)).toBe(200)
})

test('a page loaded past its worker is taken over again', async ({ page, world }) => {
  await signIn(page, world)
  expect(await ready(page)).toBe('worker')
  const session = await page.context().newCDPSession(page)
  await session.send('Page.enable')
  const loaded = page.waitForEvent('load')
  await session.send('Page.reload', { ignoreCache: true })
  await loaded
  expect(await ready(page)).toBe('worker')
  expect(await fetchOrders(page, world.api)).toBe(200)
})

test.describe('with service workers blocked', () => {
  test.use({ serviceWorkers: 'block' })

  test('the page signs by itself', async ({ page, world }) => {
    await signIn(page, world)
    expect(await ready(page)).toBe('page')
    const status = await page.evaluate(
      async (url) => (await window.workerTmb.fetch(url)).status,
      `${world.api}/orders`,
    )
    expect(status).toBe(200)
    expect(await page.evaluate(async () => (await window.workerTmb.session()).kind)).toBe('active')
  })

  test('BR-16: or refuses to, and no token is asked for', async ({ page, world }) => {
    await signIn(page, world, 'refuse')
    expect(await ready(page)).toBe('nobody')
    const asked = world.tokenRequests()
    const code = await page.evaluate(async (url) => {
      try {
        return String((await window.workerTmb.fetch(url)).status)
      } catch (error) {
        return (error as { code: string }).code
      }
    }, `${world.api}/orders`)
    expect(code).toBe('service_worker_unavailable')
    expect(world.tokenRequests()).toBe(asked)
  })
})
