// Starts the three servers of the demo on this machine: see "See it" in README.md.
import { randomBytes, webcrypto } from 'node:crypto'
import { listens, prepareInventory } from './demo-inventory.mjs'
import { answers, spawnApp, stopTogether } from './demo-processes.mjs'
import { root } from './process.mjs'

/** Starts everything, says `demo ready` when all three answer, and ends when the first one ends. */
export async function startDemo(settings) {
  const { mode, hosts, proofOfPossession, store } = settings
  const { application, authorizationServer, api, inventory } = settings
  const { privateJwk, publicJwk } = await generateClientAuthKey('demo-backend')
  const hop = await prepareInventory(inventory, {
    issuer: authorizationServer.origin,
    apiKeys: await generateClientAuthKey('demo-api'),
  })
  const { ports, trust } = await openFront(settings)
  const resource = `${api.origin}/`
  const lifetimes = lifetimesOf(settings)
  const children = []
  const start = (app, environment) =>
    children.push(spawnApp(app, { ...trust, ...environment }, { hosts }))

  stopTogether(children)
  start('demo-authorization-server', {
    PORT: String(ports.authorizationServer),
    ISSUER: authorizationServer.origin,
    APPLICATION_ORIGIN: application.origin,
    API_RESOURCE: resource,
    DEMO_CLIENT_JWKS: JSON.stringify({ keys: [publicJwk] }),
    MODE: mode,
    ...lifetimes,
    ...hop.authorizationServer,
  })
  start('demo-api', {
    PORT: String(ports.api),
    API_ORIGIN: api.origin,
    ISSUER: authorizationServer.origin,
    API_AUDIENCE: resource,
    APPLICATION_ORIGIN: application.origin,
    ...lifetimes,
    ...hop.api,
  })
  if (inventory !== undefined) start('demo-inventory', hop.inventory)
  await answers(ports.authorizationServer, '/.well-known/openid-configuration')
  start('bff-template', {
    PORT: String(ports.application),
    ORIGIN: application.origin,
    ISSUER: authorizationServer.origin,
    CLIENT_ID: 'demo-backend',
    CLIENT_KEY: JSON.stringify(privateJwk),
    SCOPE: 'openid offline_access orders.read orders.write',
    RESOURCES: JSON.stringify({ [resource]: ['orders.read', 'orders.write'] }),
    SESSION_SECRETS: randomBytes(32).toString('base64url'),
    CLAIMS: 'sub,name',
    SPA_DIR: `${root}/apps/demo-spa/dist`,
    ...(proofOfPossession ? { PROOF_OF_POSSESSION: 'required' } : {}),
    ...store,
  })
  await answers(ports.api, '/')
  await answers(ports.application, '/healthz')
  if (inventory !== undefined) await listens(inventory)

  console.log(`
  application           ${application.origin}   sign in as alice or bob, password demo
  authorization server  ${authorizationServer.origin}
  API                   ${api.origin}${inventory === undefined ? '' : `\n  inventory behind it   ${inventory.origin}   for services only`}

  Ctrl-C stops all of them.

demo ready`)
}

/** Whether nonces are demanded, and how long they and access tokens live, for those who want to watch. */
function lifetimesOf({ nonce, shortLived }) {
  return {
    ...(nonce ? { DPOP_NONCE: '1' } : {}),
    // The backend hands out no token with less than 30 s left, so this is two renewals a minute.
    ...(shortLived ? { ACCESS_TOKEN_SECONDS: '45', NONCE_SECONDS: '10' } : {}),
  }
}

/** Where the servers themselves listen: at the public ports, or behind a front that speaks TLS. */
async function openFront({ https, application, authorizationServer, api }) {
  const servers = { application, authorizationServer, api }
  if (https) {
    const { openTlsFront } = await import('./tls-front.mjs')
    return openTlsFront(servers)
  }
  const ports = Object.entries(servers).map(([name, { port }]) => [name, port])
  return { ports: Object.fromEntries(ports), trust: {} }
}

async function generateClientAuthKey(kid) {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await webcrypto.subtle.exportKey('jwk', privateKey)
  const publicJwk = { kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }
  return { privateJwk: { ...publicJwk, d }, publicJwk }
}
