import { createProof } from '@tmb-kit/core'
import { createService, createTokenExchange, type Service } from '@tmb-kit/service'
import { sessionBindingServerOptions } from '@tmb-kit/resource-server/tls-session'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { generate } from 'selfsigned'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createDemoApi } from '../../demo-api/src/app.js'
import { createInventory, type Inventory } from '../../demo-api/src/inventory.js'
import { createBrowser } from '../../demo-authorization-server/test/support/browser.js'
import {
  API,
  APPLICATION,
  startDemo,
  type Demo,
} from '../../demo-authorization-server/test/support/demo.js'
import { createDemoInventory } from '../src/server.js'

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const LABEL = 'EXPORTER-oauth-tls-session-bound'

type Certificate = Readonly<{ cert: string; private: string }>

let own: Certificate
let ours: Certificate
let server: Server
let answer: (request: IncomingMessage, response: ServerResponse) => unknown
let inventoryOrigin: string
let demo: Demo
let inventory: Inventory
let api: ReturnType<typeof createDemoApi>
let clientKey: CryptoKeyPair
let browserKey: CryptoKeyPair
let jkt: string
let browserToken: string
const services: Service[] = []

const createCertificate = async (): Promise<Certificate> =>
  generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })

/** Listens before it has an answer: the inventory must know its own port to be made. */
const listenSomewhere = async (): Promise<number> => {
  const tls = { cert: ours.cert, key: ours.private, ...sessionBindingServerOptions() }
  server = createServer(tls, (request, response) => answer(request, response))
  server.listen(0, 'localhost')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

/** The user's token, bound to the key of his browser, as the backend gets it for the page. */
const signIn = async (): Promise<string> => {
  const { url, codeVerifier } = await demo.authorize()
  const browser = createBrowser(demo.issuer)
  const form = { login: 'alice', password: 'demo' }
  const page = await browser.submit(await browser.open(url), form)
  const { body } = await demo.redeem(page.url, codeVerifier, { tmb: JSON.stringify({ jkt }) })
  return String(body['access_token'])
}

beforeAll(async () => {
  ;[ours, own] = await Promise.all([createCertificate(), createCertificate()])
  clientKey = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
  browserKey = await generateProofKey()
  jkt = await jktOf(browserKey)

  const port = await listenSomewhere()
  inventoryOrigin = `https://localhost:${port}`

  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', clientKey.publicKey)
  const resource = `${inventoryOrigin}/`
  demo = await startDemo({ inventory: { resource, clientJwks: { keys: [{ kty, crv, x, y }] } } })
  const behind = createDemoInventory({
    origin: inventoryOrigin,
    issuer: demo.issuer,
    certificate: ours.cert,
    privateKey: ours.private,
  })
  answer = (request, response) => behind.emit('request', request, response)

  const settings = {
    origin: inventoryOrigin,
    ca: ours.cert,
    certificate: own.cert,
    privateKey: own.private,
    clientId: 'demo-api',
    clientKey: await crypto.subtle.exportKey('jwk', clientKey.privateKey),
  }
  inventory = await createInventory({ issuer: demo.issuer, inventory: settings })
  api = createDemoApi(
    {
      apiOrigin: new URL(API).origin,
      issuer: demo.issuer,
      audience: API,
      applicationOrigin: APPLICATION,
      demandNonces: false,
      nonceLifetimeSeconds: 300,
    },
    { inventory },
  )
  browserToken = await signIn()
})
afterAll(async () => {
  for (const service of services) service.close()
  inventory.close()
  server.closeAllConnections()
  server.close()
  await demo.close()
})

const callOrders = async (): Promise<Response> => {
  const htu = `${new URL(API).origin}/orders`
  const proof = await createProof({
    proofKey: browserKey,
    htm: 'GET',
    htu,
    accessToken: browserToken,
  })
  return api.request(htu, { headers: { Authorization: `DPoP ${browserToken}`, DPoP: proof } })
}
const serve = async (accessToken: string, certificate: Certificate): Promise<Response> => {
  const service = createService({
    resourceServers: [inventoryOrigin],
    ca: ours.cert,
    certificate: certificate.cert,
    privateKey: certificate.private,
    accessToken: async () => accessToken,
  })
  services.push(service)
  return service.fetch(`${inventoryOrigin}/stock`)
}
/** The token that the API got for the inventory, as somebody would copy it there. */
const exchangedToken = async (): Promise<string> => {
  const { confirmation } = createService({
    resourceServers: [inventoryOrigin],
    certificate: own.cert,
    privateKey: own.private,
    accessToken: async () => '',
  })
  const exchange = createTokenExchange({
    issuer: demo.issuer,
    tokenEndpoint: `${demo.issuer}/token`,
    client: {
      id: 'demo-api',
      authentication: { method: 'private_key_jwt', key: clientKey.privateKey },
    },
    confirmation,
  })
  const verified = { claims: { exp: 1 }, cnf: { jkt } }
  const resource = `${inventoryOrigin}/`
  const request = { verified, subjectToken: browserToken, resource, scope: 'stock.read' }
  return (await exchange(request)).accessToken
}

describe('the second hop: from the API to the inventory', () => {
  it('the API exchanges the browser’s token for one of its own certificate and TLS session', async () => {
    const response = await callOrders()
    expect(response.status).toBe(200)
    const body = (await response.json()) as { orders: unknown[]; inventory: object }
    expect(body.orders).not.toHaveLength(0)
    expect(body.inventory).toMatchObject({
      stock: { 'Sealing wax, vermilion': 120 },
      hops: [
        { to: 'API', cnf: { jkt } },
        { to: 'inventory', cnf: { tls_exp: LABEL } },
      ],
    })
    expect(JSON.stringify(body)).not.toContain(browserToken)
  })

  it('T-29: a copy of the token is refused with another certificate', async () => {
    const accessToken = await exchangedToken()
    expect((await serve(accessToken, own)).status).toBe(200)
    const refused = await serve(accessToken, await createCertificate())
    expect(refused.status).toBe(401)
    expect(refused.headers.get('WWW-Authenticate')).toMatch(/^Bearer error="invalid_token"/)
  })

  it('T-01: the browser’s own token is refused by the inventory', async () => {
    const refused = await serve(browserToken, own)
    expect(refused.status).toBe(401)
    expect(refused.headers.get('WWW-Authenticate')).toMatch(/^Bearer error="invalid_token"/)
  })

  it('T-23: the backend, which has the browser’s token, exchanges it for nothing', async () => {
    const { status, body } = await demo.post('/token', {
      grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
      subject_token: browserToken,
      subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      resource: `${inventoryOrigin}/`,
      tmb: JSON.stringify({ jkt }),
    })
    expect(status).toBe(400)
    expect(body['error']).toMatch(
      /^(?:unauthorized_client|unsupported_grant_type|invalid_request)$/,
    )
  })

  it('says so, and shows the orders, while the inventory is down', async () => {
    const whenUp = answer
    answer = ({ socket }) => socket.destroy()
    const response = await callOrders()
    expect(response.status).toBe(200)
    expect(await response.json()).toMatchObject({
      inventory: { unavailable: 'connection_failed', hops: [{ to: 'API', cnf: { jkt } }] },
    })
    answer = whenUp
    expect(await (await callOrders()).json()).toMatchObject({ inventory: { stock: {} } })
  })
})
