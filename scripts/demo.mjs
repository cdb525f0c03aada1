// Starts the three servers of the demo on this machine: see "The demo" in README.md.
import { spawn } from 'node:child_process'
import { randomBytes, webcrypto } from 'node:crypto'
import { createConnection, createServer } from 'node:net'
import { parseArgs } from 'node:util'
import { cleanEnvironment, fail, root } from './process.mjs'

const DEFAULT_PORT = '4000'
const START_SECONDS = 60
// The authorization server and the backend know `handoff` too; the page cannot hand over proofs yet.
const MODES = ['tmb']
/** Where sessions can be stored: the template's variable, the URL's schemes, the port it means by default. */
const STORES = {
  redis: { variable: 'REDIS_URL', schemes: ['redis', 'rediss'], defaultPort: 6379 },
  postgres: { variable: 'POSTGRES_URL', schemes: ['postgres', 'postgresql'], defaultPort: 5432 },
}

/**
 * Reads the flags and `PORT`, and looks whether the ports are free, before anything is built.
 *
 * Every mistake ends the process with one sentence.
 */
export async function readDemoSettings(flags) {
  const { mode, nonce, hosts, ...urls } = parseFlags(flags)
  const base = process.env.PORT ?? DEFAULT_PORT
  const port = Number(base)
  if (!/^[0-9]+$/.test(base) || port < 1 || port > 65_533) {
    fail(`PORT must be a number from 1 to 65533 with two free ports after it, not "${base}".`)
  }

  for (const taken of [port, port + 1, port + 2]) {
    if (await isTaken(taken)) {
      fail(
        `Port ${taken} is taken: stop what uses it, or choose other ports with PORT=${port + 1000} npm run demo.`,
      )
    }
  }
  const store = await readStore(urls)
  const host = (name) => (hosts ? `${name}.localhost` : 'localhost')
  return {
    mode,
    nonce,
    hosts,
    store,
    application: { port, origin: `http://${host('app')}:${port}` },
    authorizationServer: { port: port + 1, origin: `http://${host('as')}:${port + 1}` },
    api: { port: port + 2, origin: `http://${host('api')}:${port + 2}` },
  }
}

function parseFlags(flags) {
  const options = {
    mode: { type: 'string', default: 'tmb' },
    nonce: { type: 'boolean', default: false },
    hosts: { type: 'boolean', default: false },
    redis: { type: 'string' },
    postgres: { type: 'string' },
  }
  const known = `Known flags: --mode ${MODES.join('|')}, --nonce, --hosts, --redis URL, --postgres URL.`
  let values
  try {
    values = parseArgs({ args: flags, options }).values
  } catch (error) {
    fail(`${error.message.split('. ')[0]}. ${known}`)
  }
  if (!MODES.includes(values.mode)) fail(`--mode must be ${MODES.join(' or ')}. ${known}`)
  return values
}

/** The variables that tell the template where to store sessions: none, where they live in cookies. */
async function readStore(urls) {
  const [first, second] = Object.keys(STORES).filter((name) => urls[name] !== undefined)
  if (first === undefined) return {}
  if (second !== undefined)
    fail(`--${first} and --${second}: sessions live in one place, choose it.`)

  // The URL may hold a password: no sentence says more of it than where it leads.
  const { variable, schemes, defaultPort } = STORES[first]
  const url = URL.canParse(urls[first]) ? new URL(urls[first]) : undefined
  if (url === undefined || !schemes.includes(url.protocol.slice(0, -1)) || url.hostname === '') {
    fail(`--${first} must be a URL such as ${schemes[0]}://localhost:${defaultPort}.`)
  }
  const host = url.hostname.replace(/^\[|\]$/g, '')
  const port = Number(url.port || defaultPort)
  if (!(await connects({ host, port }))) {
    fail(`--${first}: nothing answers at ${url.hostname}:${port}: start it, or correct the URL.`)
  }
  return { [variable]: urls[first] }
}

/** Whether somebody listens there, on any address, or we may not listen. */
async function isTaken(port) {
  const answers = await Promise.all(['127.0.0.1', '::1'].map((host) => connects({ host, port })))
  return answers.includes(true) || !(await listens(port))
}

function connects(address) {
  return new Promise((resolve) => {
    const socket = createConnection(address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy()).setTimeout(1000, () => resolve(false))
    socket.once('connect', () => socket.end())
  })
}

function listens(port) {
  return new Promise((resolve) => {
    const server = createServer().once('error', () => resolve(false))
    server.listen({ port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/** Starts everything, says `demo ready` when all three answer, and ends when the first one ends. */
export async function startDemo(settings) {
  const { mode, nonce, hosts, store, application, authorizationServer, api } = settings
  const { privateJwk, publicJwk } = await generateClientAuthKey()
  const resource = `${api.origin}/`
  const dpopNonce = nonce ? { DPOP_NONCE: '1' } : {}
  const children = []
  const start = (app, environment) => children.push(spawnApp(app, environment, { hosts }))

  stopTogether(children)
  start('demo-authorization-server', {
    PORT: String(authorizationServer.port),
    ISSUER: authorizationServer.origin,
    APPLICATION_ORIGIN: application.origin,
    API_RESOURCE: resource,
    DEMO_CLIENT_JWKS: JSON.stringify({ keys: [publicJwk] }),
    MODE: mode,
    ...dpopNonce,
  })
  start('demo-api', {
    PORT: String(api.port),
    API_ORIGIN: api.origin,
    ISSUER: authorizationServer.origin,
    API_AUDIENCE: resource,
    APPLICATION_ORIGIN: application.origin,
    ...dpopNonce,
  })
  await answers(authorizationServer, '/.well-known/openid-configuration')
  start('bff-template', {
    PORT: String(application.port),
    ORIGIN: application.origin,
    ISSUER: authorizationServer.origin,
    CLIENT_ID: 'demo-backend',
    CLIENT_KEY: JSON.stringify(privateJwk),
    SCOPE: 'openid offline_access orders.read orders.write',
    RESOURCES: JSON.stringify({ [resource]: ['orders.read', 'orders.write'] }),
    SESSION_SECRETS: randomBytes(32).toString('base64url'),
    CLAIMS: 'sub,name',
    SPA_DIR: `${root}/apps/demo-spa/dist`,
    ...store,
  })
  await answers(api, '/')
  await answers(application, '/healthz')

  console.log(`
  application           ${application.origin}   sign in as alice or bob, password demo
  authorization server  ${authorizationServer.origin}
  API                   ${api.origin}

  Ctrl-C stops all three.

demo ready`)
}

async function generateClientAuthKey() {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = { kty, crv, x, y, kid: 'demo-backend', alg: 'ES256', use: 'sig' }
  return { privateJwk: { ...publicJwk, d }, publicJwk }
}

function spawnApp(app, environment, { hosts }) {
  const imports = ['exit-with-parent', ...(hosts ? ['localhost-lookup'] : [])]
  const options = imports.flatMap((name) => [
    '--import',
    new URL(`${name}.mjs`, import.meta.url).href,
  ])
  const child = spawn(process.execPath, [...options, `${root}/apps/${app}/dist/main.js`], {
    cwd: `${root}/apps/${app}`,
    env: cleanEnvironment({ NODE_NO_WARNINGS: '1', ...environment }),
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      for (const line of text.split('\n')) if (line.trim() !== '') console.log(`  [${app}] ${line}`)
    })
  }
  return Object.assign(child, { app })
}

/** One that ends takes the others with it, and a signal to us goes to all. */
function stopTogether(children) {
  let stopping = false
  const stop = (exitCode) => {
    if (stopping) return
    stopping = true
    for (const child of children) child.kill('SIGTERM')
    setTimeout(() => children.forEach((child) => child.kill('SIGKILL')), 12_000).unref()
    process.exitCode = exitCode
  }
  process.on('SIGINT', () => stop(0)).on('SIGTERM', () => stop(0))
  const push = children.push.bind(children)
  children.push = (child) => {
    child.once('exit', (code) => {
      if (!stopping)
        console.error(
          `${child.app} ended${code === null ? '' : ` with code ${code}`}: the demo stops.`,
        )
      stop(1)
      if (children.every(({ exitCode, signalCode }) => exitCode !== null || signalCode !== null))
        process.exit()
    })
    return push(child)
  }
}

async function answers({ port }, path) {
  const deadline = Date.now() + START_SECONDS * 1000
  while (Date.now() < deadline) {
    const response = await fetch(`http://localhost:${port}${path}`).catch(() => undefined)
    if (response?.ok) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  fail(`Nothing answered on port ${port} within ${START_SECONDS} seconds: the demo stops.`)
}
