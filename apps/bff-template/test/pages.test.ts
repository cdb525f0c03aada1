import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hono } from 'hono'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { pages } from '../src/pages.js'

const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', Accept: 'text/html' }
const OUTSIDE = 'must never be served'

let folder: string
let app: Hono

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pages-'))
  const root = join(folder, 'public')
  await mkdir(join(root, 'assets'), { recursive: true })
  await mkdir(join(root, '.well-known'))
  await writeFile(join(folder, 'outside.txt'), OUTSIDE)
  await writeFile(join(root, '.env'), OUTSIDE)
  await writeFile(join(root, 'index.html'), '<!doctype html><title>the page</title>')
  await writeFile(join(root, 'icon.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>')
  await writeFile(join(root, '.well-known', 'security.txt'), 'Contact: mailto:a@app.example')
  await writeFile(join(root, 'assets', 'index-B7x_Yz-9.js'), 'export {}')
  await writeFile(join(root, 'assets', 'index-C2f4Ab1Q.css'), 'p { color: red }')
  await writeFile(join(root, 'assets', 'plain.js'), 'export {}')
  app = pages({
    origin: 'https://app.example',
    apiOrigins: ['https://api.example', 'https://other.example'],
    spaDirectory: root,
  })
})

afterAll(async () => rm(folder, { recursive: true }))

describe('files', () => {
  it.each([
    ['/', 'text/html; charset=utf-8', 'no-cache'],
    ['/index.html', 'text/html; charset=utf-8', 'no-cache'],
    ['/icon.svg', 'image/svg+xml; charset=utf-8', 'no-cache'],
    ['/assets/plain.js', 'text/javascript; charset=utf-8', 'no-cache'],
    ['/assets/index-B7x_Yz-9.js', 'text/javascript; charset=utf-8', 'immutable'],
    ['/assets/index-C2f4Ab1Q.css', 'text/css; charset=utf-8', 'immutable'],
    ['/.well-known/security.txt', 'text/plain; charset=utf-8', 'no-cache'],
  ])('%s comes as %s and may be kept: %s', async (path, type, caching) => {
    const response = await app.request(path)
    expect(response.status).toBe(200)
    expect(response.headers.get('Content-Type')).toBe(type)
    expect(response.headers.get('Cache-Control')).toContain(caching)
  })

  it('that are gone are 404, even for a navigation, and never the page', async () => {
    for (const path of ['/assets/index-00000000.js', '/missing.png', '/a/b.c/d.html']) {
      const response = await app.request(path, { headers: NAVIGATION })
      expect(response.status).toBe(404)
      expect(response.headers.get('Cache-Control')).toBe('no-cache')
    }
  })

  it('whose name begins with a dot are not served', async () => {
    for (const path of ['/.env', '/.git/config', '/assets/.env', '/.well-known/.env']) {
      const response = await app.request(path, { headers: NAVIGATION })
      expect(response.status).toBe(404)
    }
  })

  it.each([
    '/../outside.txt',
    '/..%2foutside.txt',
    '/%2e%2e/outside.txt',
    '/%2e%2e%2foutside.txt',
    '/assets/../../outside.txt',
    '/assets/..%2f..%2foutside.txt',
    '/assets/%2e%2e/%2e%2e/outside.txt',
    '/..%5coutside.txt',
    '/..\\outside.txt',
    '//../outside.txt',
    '/%252e%252e/outside.txt',
    '/....//outside.txt',
    '/assets/..;/../outside.txt',
    '/%00/../outside.txt',
    '/%c0%ae%c0%ae/outside.txt',
    '/%2eenv',
    '/assets/%2e%2e/.env',
  ])('outside the folder stay there: %s', async (path) => {
    // A Request would normalise the path before the server sees it; a hostile peer does not.
    const request = new Proxy(new Request('https://app.example/'), {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target)
        if (name === 'url') return `https://app.example${path}`
        return typeof member === 'function' ? (member.bind(target) as unknown) : member
      },
    })
    const response = await app.fetch(request)
    expect(await response.text()).not.toContain(OUTSIDE)
    expect(response.status).toBe(404)
  })
})

describe('the page', () => {
  it('answers a navigation to any path without an extension', async () => {
    for (const path of ['/orders', '/orders/12', '/v1.2/orders']) {
      const response = await app.request(path, { headers: NAVIGATION })
      expect(response.status).toBe(200)
      expect(await response.text()).toContain('the page')
      expect(response.headers.get('Cache-Control')).toBe('no-cache')
    }
  })

  it('answers a browser without fetch metadata that accepts HTML', async () => {
    const response = await app.request('/orders', { headers: { Accept: 'text/html,*/*;q=0.8' } })
    expect(response.status).toBe(200)
  })

  it('does not answer a script, an image or a command-line tool at such a path', async () => {
    for (const headers of [
      { 'Sec-Fetch-Mode': 'cors', Accept: '*/*' },
      { 'Sec-Fetch-Mode': 'no-cors', Accept: 'text/html' },
      { Accept: '*/*' },
      {},
    ]) {
      expect((await app.request('/orders', { headers })).status).toBe(404)
    }
  })

  it('does not answer a POST', async () => {
    const response = await app.request('/orders', { method: 'POST', headers: NAVIGATION })
    expect(response.status).toBe(404)
  })
})

describe('headers', () => {
  it('SES-26: scripts from this origin alone, requests to it and to the APIs, no frames', async () => {
    const { headers } = await app.request('/')
    const policy = headers.get('Content-Security-Policy')?.split('; ')
    expect(policy).toEqual([
      "default-src 'self'",
      "connect-src 'self' https://api.example https://other.example",
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
    ])
  })

  it('are the same on every file and on a 404', async () => {
    for (const path of ['/', '/icon.svg', '/missing.png']) {
      const { headers } = await app.request(path)
      expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'")
      expect(headers.get('X-Frame-Options')).toBe('DENY')
      expect(headers.get('X-Content-Type-Options')).toBe('nosniff')
      expect(headers.get('Referrer-Policy')).toBe('same-origin')
      expect(headers.get('Cross-Origin-Opener-Policy')).toBe('same-origin')
      expect(headers.get('Cross-Origin-Resource-Policy')).toBe('same-origin')
    }
  })

  it('demand https from now on where the origin is https, and never on localhost', async () => {
    const demanded = async (origin: string): Promise<string | null> => {
      const local = pages({ origin, apiOrigins: [], spaDirectory: join(folder, 'public') })
      return (await local.request('/')).headers.get('Strict-Transport-Security')
    }
    expect(await demanded('https://app.example')).toBe('max-age=31536000')
    expect(await demanded('https://localhost:4000')).toBeNull()
    expect(await demanded('http://localhost:4000')).toBeNull()
  })
})
