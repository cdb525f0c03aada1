import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createApp } from '../src/app.js'
import { readConfiguration } from '../src/configuration.js'
import { authorizationServerMetadata } from './authorization-server.js'
import { environmentWith, generateClientKey } from './environment.js'
import { createOrigins } from '@tmb-kit/testkit'

const ORIGIN = 'https://app.example'
const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' }
const FROM_THE_PAGE = {
  'X-CSRF': '1',
  Origin: ORIGIN,
  'Sec-Fetch-Site': 'same-origin',
  'Content-Type': 'application/json',
}

let folder: string
let app: Hono

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'app-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>the page</title>')
  const { fetch } = createOrigins({
    'https://as.example': ({ url }) =>
      url.endsWith('/.well-known/openid-configuration') ||
      url.endsWith('/.well-known/oauth-authorization-server')
        ? Response.json(authorizationServerMetadata('https://as.example'))
        : new Response('', { status: 404 }),
  })
  const env = environmentWith(await generateClientKey(), { ORIGIN, SPA_DIR: folder })
  app = createApp(readConfiguration(env), { fetch })
})

afterAll(async () => rm(folder, { recursive: true }))

describe('the backend below /bff', () => {
  it('answers its own page: nobody is signed in', async () => {
    const response = await app.request('/bff/session', { headers: FROM_THE_PAGE })
    expect(response.status).toBe(200)
    expect(await response.json()).toEqual({ active: false, mode: 'tmb' })
  })

  it('SES-11: answers nobody else', async () => {
    const response = await app.request('/bff/session')
    expect(response.status).toBe(403)
    expect(await response.json()).toMatchObject({ error: 'csrf_rejected' })
  })

  it('starts a sign-in for its own page', async () => {
    const response = await app.request('/bff/login', {
      method: 'POST',
      headers: FROM_THE_PAGE,
      body: JSON.stringify({ jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' }),
    })
    expect(response.status).toBe(200)
    const { authorization_url } = (await response.json()) as { authorization_url: string }
    const { origin, searchParams } = new URL(authorization_url)
    expect(origin).toBe('https://as.example')
    expect(searchParams.get('client_id')).toBe('the-backend')
    expect(searchParams.get('redirect_uri')).toBe('https://app.example/bff/callback')
    expect(searchParams.get('scope')).toBe('openid offline_access orders.read orders.write')
  })

  it.each(['/bff', '/bff/', '/bff/nothing', '/bff/index.html', '/bff/../bff/x', '/%62ff/nothing'])(
    'never answers %s with the page',
    async (path) => {
      const response = await app.request(path, { headers: { ...NAVIGATION, ...FROM_THE_PAGE } })
      expect(response.status).toBe(404)
      expect(response.headers.get('Cache-Control')).toBe('no-store')
      expect(await response.text()).not.toContain('the page')
    },
  )
})

describe('the rest', () => {
  it('GET /healthz says that the server is up, and nothing else', async () => {
    const response = await app.request('/healthz')
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.json()).toEqual({ status: 'ok' })
  })

  it('GET /readyz says what the server needs, and whether it is there', async () => {
    const response = await app.request('/readyz')
    expect(response.status).toBe(200)
    expect(response.headers.get('Cache-Control')).toBe('no-store')
    expect(await response.json()).toEqual({
      status: 'ok',
      store: 'none',
      authorization_server: 'ok',
    })
  })

  it('is the page', async () => {
    const response = await app.request('/orders', { headers: NAVIGATION })
    expect(await response.text()).toContain('the page')
    expect(response.headers.get('Content-Security-Policy')).toContain(
      "connect-src 'self' https://api.example;",
    )
  })

  it('SES-13: sends no CORS headers to anybody', async () => {
    const headers = { ...NAVIGATION, Origin: 'https://evil.example' }
    for (const path of ['/', '/healthz', '/bff/session']) {
      const response = await app.request(path, { headers })
      const names = [...response.headers.keys()]
      expect(names.filter((name) => name.startsWith('access-control-'))).toEqual([])
    }
  })
})
