import { serveStatic } from '@hono/node-server/serve-static'
import { Hono, type Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { Configuration } from './configuration.js'
import { pageHeaders } from './page-headers.js'

// Vite names what it builds by its content: a file of such a name never changes.
const NAMED_BY_CONTENT = /^\/assets\/.*-[\w-]{8}\.\w+$/
const DOTFILE = /\/\.(?!well-known\/)/
const WITH_EXTENSION = /\.[^/]*$/

/**
 * The built pages: files as they are, and `index.html` for every navigation that meets no file, so
 * that the router of the page can have paths of its own.
 *
 * A path with an extension that meets no file is 404: a script that is gone must not come as HTML.
 */
export function pages(
  configuration: Pick<Configuration, 'origin' | 'apiOrigins' | 'spaDirectory'>,
): Hono {
  const root = configuration.spaDirectory
  const file = serveStatic({ root })
  const index = serveStatic({ root, path: 'index.html' })

  const app = new Hono()
  app.use(pageHeaders(configuration), caching)
  app.get('*', async (c, next) => (DOTFILE.test(c.req.path) ? c.notFound() : file(c, next)))
  app.get('*', async (c, next) => (isNavigation(c) ? index(c, next) : next()))
  return app
}

const caching = createMiddleware(async (c, next) => {
  await next()
  const isImmutable = c.res.ok && NAMED_BY_CONTENT.test(c.req.path)
  c.header('Cache-Control', isImmutable ? 'public, max-age=31536000, immutable' : 'no-cache')
})

function isNavigation(c: Context): boolean {
  if (WITH_EXTENSION.test(c.req.path)) return false

  // Browsers that send no fetch metadata say by `Accept` that they want a page.
  const mode = c.req.header('Sec-Fetch-Mode')
  if (mode !== undefined) return mode === 'navigate'
  return c.req.header('Accept')?.includes('text/html') ?? false
}
