import { createConnection } from 'node:net'
import { parseArgs } from 'node:util'
import { isFree } from './free-ports.mjs'
import { fail } from './process.mjs'

const DEFAULT_PORT = '4000'
const MODES = ['tmb', 'handoff']
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
  const { mode, nonce, hosts, https, redis, postgres, ...rest } = parseFlags(flags)
  const base = process.env.PORT ?? DEFAULT_PORT
  const port = Number(base)
  if (!/^[0-9]+$/.test(base) || port < 1 || port > 65_533) {
    fail(`PORT must be a number from 1 to 65533 with two free ports after it, not "${base}".`)
  }

  const inventory = inventoryOf({ mode, port, isWanted: !rest['no-inventory'] })
  for (const taken of [port, port + 1, port + 2, ...(inventory ? [inventory.port] : [])]) {
    if (await isTaken(taken)) {
      fail(
        `Port ${taken} is taken: stop what uses it, or choose other ports with PORT=${port + 1000} npm run demo.`,
      )
    }
  }
  const store = await readStore({ redis, postgres })
  const server = (offset, name) => {
    const host = hosts ? `${name}.localhost` : 'localhost'
    return {
      port: port + offset,
      origin: `${https ? 'https' : 'http'}://${host}:${port + offset}`,
    }
  }
  return {
    mode,
    nonce,
    hosts,
    https,
    proofOfPossession: rest['proof-of-possession'],
    shortLived: rest['short-lived'],
    store,
    application: server(0, 'app'),
    authorizationServer: server(1, 'as'),
    api: server(2, 'api'),
    inventory,
  }
}

/** The service behind the API. It needs token exchange, which is the plugin's. */
function inventoryOf({ mode, port, isWanted }) {
  if (mode !== 'tmb' || !isWanted) return undefined

  // A hundred away from the three, so that demos can stand side by side.
  const inventoryPort = port + 100 <= 65_535 ? port + 100 : port - 100
  return { port: inventoryPort, origin: `https://localhost:${inventoryPort}` }
}

function parseFlags(flags) {
  const options = {
    mode: { type: 'string', default: 'tmb' },
    nonce: { type: 'boolean', default: false },
    hosts: { type: 'boolean', default: false },
    https: { type: 'boolean', default: false },
    'proof-of-possession': { type: 'boolean', default: false },
    'short-lived': { type: 'boolean', default: false },
    'no-inventory': { type: 'boolean', default: false },
    redis: { type: 'string' },
    postgres: { type: 'string' },
  }
  const known = `Known flags: --mode ${MODES.join('|')}, --nonce, --hosts, --https, --proof-of-possession, --short-lived, --no-inventory, --redis URL, --postgres URL.`
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
  return answers.includes(true) || !(await isFree(port))
}

function connects(address) {
  return new Promise((resolve) => {
    const socket = createConnection(address)
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
    socket.once('close', () => socket.destroy()).setTimeout(1000, () => resolve(false))
    socket.once('connect', () => socket.end())
  })
}
