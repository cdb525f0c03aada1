import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

/** A page, a backend that hands out one token to whoever asks, and an API that looks at nothing. */
export async function startBrowserServer() {
  const script = await bundlePage()
  const requests = []
  const answer = {
    '/': () => [
      'text/html',
      '<!doctype html><title>bench</title><link rel="icon" href="data:,"><script src="/page.js"></script>',
    ],
    '/page.js': () => ['text/javascript', script],
    '/bff/token': ({ jkt }) => [
      'application/json',
      JSON.stringify({
        access_token: `eyJ${'x'.repeat(900)}`,
        token_type: 'DPoP',
        expires_in: 3600,
        jkt,
      }),
    ],
    '/api/orders': () => ['application/json', '{"orders":[]}'],
  }
  const server = createServer(async (request, response) => {
    const begunAt = performance.now()
    const path = request.url
    let body = ''
    for await (const chunk of request) body += chunk
    const [type, text] = answer[path]?.(body === '' ? {} : JSON.parse(body)) ?? ['text/plain', '']
    response.writeHead(200, { 'Content-Type': type, 'Cache-Control': 'no-store' })
    response.end(text)
    requests.push({ path, begunAt, endedAt: performance.now() })
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    origin: `http://localhost:${server.address().port}`,
    requests,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

async function bundlePage() {
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL('../browser/page.mjs', import.meta.url))],
    bundle: true,
    format: 'iife',
    minify: true,
    platform: 'browser',
    write: false,
  })
  return outputFiles[0].text
}
