import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test, type Page } from '@playwright/test'
import { API, APPLICATION, openPage, signIn } from '../../support/demo.js'

interface SeenRequest {
  readonly method: string | undefined
  readonly headers: IncomingHttpHeaders
}

/** A server that lets every page read everything, and notes what it is sent. */
async function startServer(answer: (path: string) => { status: number; location?: string }) {
  const seen: SeenRequest[] = []
  const server: Server = createServer(({ method, headers, url = '/' }, response) => {
    if (method !== 'OPTIONS') seen.push({ method, headers })
    const { status, location } = method === 'OPTIONS' ? { status: 204 } : answer(url)
    response.writeHead(status, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Headers': 'authorization, dpop, content-type',
      ...(location === undefined ? {} : { Location: location }),
    })
    response.end()
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const { port } = server.address() as AddressInfo
  return { seen, port, close: () => server.close() }
}

/** Has the page take another server for its API, from its next load on. */
async function useApi(page: Page, origin: string): Promise<void> {
  await page.route(`${APPLICATION}/`, async (route) => {
    const response = await route.fetch()
    const { 'content-security-policy': policy = '' } = response.headers()
    const html = await response.text()
    await route.fulfill({
      headers: {
        'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': policy.replaceAll(API, `${API} ${origin}`),
      },
      body: html.replace(
        'name="tmb-demo-api" content=""',
        `name="tmb-demo-api" content="${origin}"`,
      ),
    })
  })
}

test('BR-19: an API that redirects to a foreign origin gets neither token nor proof there', async ({
  browserName,
  context,
  page,
}) => {
  // Chromium does not know where a page that Playwright answers for came from, and keeps it off this machine.
  if (browserName === 'chromium') await context.grantPermissions(['local-network-access'])
  const foreign = await startServer(() => ({ status: 200 }))
  const api = await startServer((path) =>
    path === '/there'
      ? { status: 200 }
      : { status: Number(path.slice(1)), location: `http://127.0.0.1:${foreign.port}/taken` },
  )
  const origin = `http://localhost:${api.port}`
  await signIn(page)
  await useApi(page, origin)
  await openPage(page)
  // From here on nothing stands between the page and the servers.
  await page.unrouteAll()
  const call = async (path: string, method: string): Promise<string> =>
    page.evaluate(
      async ({ url, method }) =>
        window.tmb.fetch(url, { method, ...(method === 'POST' ? { body: 'order' } : {}) }).then(
          ({ status }) => String(status),
          (error: unknown) => (error as { code?: string }).code ?? (error as Error).name,
        ),
      { url: `${origin}${path}`, method },
    )

  for (const status of [301, 302, 303, 307, 308]) {
    for (const method of ['GET', 'POST']) {
      expect(await call(`/${status}`, method), `${status} ${method}`).toBe('TypeError')
    }
  }
  expect(foreign.seen).toEqual([])
  expect(await call('/there', 'GET')).toBe('200')
  expect(api.seen).toHaveLength(11)
  for (const { headers } of api.seen) {
    expect(headers['authorization']).toMatch(/^DPoP /)
    expect(headers['dpop']).toMatch(/^eyJ/)
  }

  api.close()
  foreign.close()
})
