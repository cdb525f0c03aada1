import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer as createHttpServer, request, type Server } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import {
  hasPostgres,
  startPostgres,
} from '../../../packages/backend/test/support/postgres-server.js'
import { hasRedis, startRedis } from '@tmb-kit/testkit/redis-server'
import type { Environment } from '../src/reading.js'
import { serveMetadata } from './authorization-server.js'
import { environmentWith, generateClientKey } from './environment.js'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const SECRET = 'a-secret-of-the-tests-with-more-than-32-bytes'

let folder: string
let clientKey: JsonWebKey
let server: Server
let issuer: string
const children: ChildProcess[] = []

beforeAll(async () => {
  const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc')
  execFileSync(process.execPath, [tsc, '-b', 'apps/bff-template'], { cwd: ROOT })
  folder = await mkdtemp(join(tmpdir(), 'main-'))
  await writeFile(join(folder, 'index.html'), '<!doctype html><title>the page</title>')
  clientKey = await generateClientKey()
  ;({ server, issuer } = await serveMetadata())
})

afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

afterAll(async () => {
  server.close()
  await rm(folder, { recursive: true })
})

/** Starts the built server as an operator would. */
function start(changes: Environment = {}): ChildProcess & { readonly output: () => string } {
  const env = environmentWith(clientKey, { ISSUER: issuer, SPA_DIR: folder, ...changes })
  const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] })
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text
      child.emit('said')
    })
  }
  children.push(child)
  return Object.assign(child, { output: () => output })
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}

async function startListening(changes: Environment = {}): Promise<{
  readonly child: ReturnType<typeof start>
  readonly port: number
}> {
  const port = await freePort()
  const child = start({ PORT: String(port), HOST: '127.0.0.1', ...changes })
  while (!child.output().includes('Sessions live in')) await once(child, 'said')
  return { child, port }
}

describe('a start that cannot work ends with exit code 1 and one sentence', () => {
  const failure = async (changes: Environment): Promise<readonly string[]> => {
    const child = start(changes)
    const [exitCode] = (await once(child, 'close')) as [number]
    expect(exitCode).toBe(1)
    expect(child.output()).not.toContain(SECRET)
    expect(child.output()).not.toContain(clientKey.d)
    return child.output().trim().split('\n')
  }

  it('for each mistake in the configuration', async () => {
    const sentences = await failure({ SESSION_SECRETS: 'short', CLIENT_ID: '', PORT: 'x' })
    expect(sentences).toEqual([
      expect.stringMatching(/^PORT must be/),
      expect.stringMatching(/^CLIENT_ID is not set/),
      expect.stringMatching(/^SESSION_SECRETS is too short/),
    ])
  })

  it('for a folder without pages', async () => {
    expect(await failure({ SPA_DIR: join(folder, 'nowhere') })).toEqual([
      expect.stringMatching(/^SPA_DIR has no index\.html/),
    ])
  })

  it('for an authorization server that does not answer', async () => {
    expect(await failure({ ISSUER: `http://127.0.0.1:${await freePort()}` })).toEqual([
      expect.stringMatching(/^ISSUER: .*does not answer/),
    ])
  })

  it('for an address that has no metadata', async () => {
    const other = createHttpServer((_request, response) =>
      response.writeHead(404).end('nothing here'),
    )
    other.listen(0, '127.0.0.1')
    await once(other, 'listening')
    const { port } = other.address() as AddressInfo
    expect(await failure({ ISSUER: `http://127.0.0.1:${port}` })).toEqual([
      expect.stringMatching(/^ISSUER: there is no metadata at that address: set it to/),
    ])
    other.close()
  })

  it('CC-22: for an authorization server of another name', async () => {
    expect(await failure({ ISSUER: issuer.replace('127.0.0.1', 'localhost') })).toEqual([
      expect.stringMatching(/^ISSUER: .*another name/),
    ])
  })

  it('CC-13: for an authorization server that cannot bind', async () => {
    const other = await serveMetadata({ tmb_supported: undefined })
    expect(await failure({ ISSUER: other.issuer })).toEqual([
      expect.stringMatching(/^ISSUER: .*no way to bind/),
    ])
    other.server.close()
  })

  it.each([
    ['REDIS_URL', 'redis://user:canary-password@127.0.0.1'],
    ['POSTGRES_URL', 'postgres://user:canary-password@127.0.0.1'],
  ])('for a store in %s that does not answer', async (name, url) => {
    const sentences = await failure({ [name]: `${url}:${await freePort()}` })
    expect(sentences).toEqual([expect.stringMatching(`^${name}: .*does not answer`)])
    expect(sentences.join()).not.toContain('canary')
  })

  it('for a port that is taken', async () => {
    const { port } = await startListening()
    expect(await failure({ PORT: String(port), HOST: '127.0.0.1' })).toEqual([
      `PORT ${port} is taken: stop what listens there, or set PORT to another one.`,
    ])
  })
})

describe('a start that works', () => {
  it('CC-13: with an authorization server that offers only DPoP, in mode handoff', async () => {
    const other = await serveMetadata({
      tmb_supported: undefined,
      dpop_signing_alg_values_supported: ['ES256'],
    })
    const { port } = await startListening({ ISSUER: other.issuer })
    const answer = await askSession(port)
    expect(await answer.json()).toMatchObject({ active: false, mode: 'handoff' })
    other.server.close()
  })

  it('SES-18: with PROOF_OF_POSSESSION=required, tells nobody anything without a proof', async () => {
    const { port } = await startListening({ PROOF_OF_POSSESSION: 'required' })
    const answer = await askSession(port)
    expect(answer.status).toBe(401)
    expect(await answer.json()).toMatchObject({ error: 'invalid_dpop_proof' })
  })

  it('says where, and what cookie sessions ask of the operator', async () => {
    const { child, port } = await startListening()
    const response = await fetch(`http://127.0.0.1:${port}/healthz`)
    expect(await response.json()).toEqual({ status: 'ok' })
    expect(child.output()).toContain(`http://localhost:${port} is served on port ${port}.`)
    expect(child.output()).toMatch(/rotates refresh tokens, run one instance/)
  })

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s with exit code 0, after the request in flight is answered',
    async (signal) => {
      const { child, port } = await startListening()
      const upload = request({
        port,
        host: '127.0.0.1',
        method: 'POST',
        path: '/bff/login',
        headers: {
          'X-CSRF': '1',
          'Content-Type': 'application/json',
          Origin: `http://localhost:${port}`,
          Expect: '100-continue',
        },
      })
      upload.flushHeaders()
      // The server has the request once it asks for the body.
      await once(upload, 'continue')

      const ended = once(child, 'exit')
      child.kill(signal)
      await refused(port)

      upload.end('{"jkt":"not a thumbprint"}')
      const [response] = (await once(upload, 'response')) as [{ readonly statusCode: number }]
      expect(response.statusCode).toBe(400)
      expect(await ended).toEqual([0, null])
    },
  )
})

const stores = [
  { name: 'Redis', variable: 'REDIS_URL', isThere: hasRedis(), startStore: startRedis },
  { name: 'Postgres', variable: 'POSTGRES_URL', isThere: hasPostgres(), startStore: startPostgres },
]
for (const { name, variable, isThere, startStore } of stores) {
  describe.runIf(isThere)(`with ${name}`, () => {
    it('starts, twice over the same store, answers from it, and 503 when it is gone', async () => {
      const store = await startStore()
      onTestFinished(async () => store.dispose())
      const first = await startListening({ [variable]: store.url })
      const { child, port } = await startListening({ [variable]: store.url })
      for (const { output } of [first.child, child]) {
        expect(output()).toContain(`Sessions live in ${name}`)
      }
      const ask = async (): Promise<Response> => askSession(port, 'A'.repeat(43))
      const answer = await ask()
      expect(answer.status).toBe(200)
      expect(await answer.json()).toMatchObject({ active: false })

      await store.stop()
      expect((await ask()).status).toBe(503)
      await store.start()
      let status = 503
      while (status === 503) ({ status } = await ask())
      expect(status).toBe(200)

      child.kill('SIGTERM')
      expect(await once(child, 'exit')).toEqual([0, null])
    })
  })
}

async function askSession(port: number, cookie = ''): Promise<Response> {
  return fetch(`http://127.0.0.1:${port}/bff/session`, {
    headers: { 'X-CSRF': '1', Cookie: `__Host-Http-tmb=${cookie}` },
  })
}

/** Resolves once the port takes no connection any more. */
async function refused(port: number): Promise<void> {
  for (;;) {
    try {
      await (await fetch(`http://127.0.0.1:${port}/healthz`)).text()
    } catch {
      return
    }
  }
}
