import { randomBytes } from 'node:crypto'
import type { RequestListener } from 'node:http'
import {
  KeyBindingProvider,
  type KeyBindingOptions,
  type OidcProvider,
} from '@tmb-kit/authorization-server'
import { API_CLIENT_ID } from './client-metadata.js'
import { createConfiguration } from './configuration.js'
import { interactions } from './interactions.js'
import { PlainProvider } from './oidc-provider.js'
import { pagePolicy } from './page-policy.js'
import type { DemoSettings } from './settings.js'

/**
 * The demo's authorization server, for `node:http`. Its keys are new, and it forgets all with them.
 *
 * Addresses come from the settings: `Host` and `X-Forwarded-*` are not believed.
 */
export async function createAuthorizationServer(settings: DemoSettings): Promise<RequestListener> {
  const { issuer, mode } = settings
  const configuration = createConfiguration(settings, {
    signingJwk: await generateSigningJwk(),
    cookieKey: randomBytes(32).toString('base64url'),
    nonceSecret: randomBytes(32),
  })
  const provider =
    mode === 'tmb'
      ? new KeyBindingProvider(issuer, configuration, exchangeOptions(settings))
      : new PlainProvider(issuer, configuration)
  provider.use(pagePolicy(settings))
  provider.use(interactions(provider, settings))
  provider.proxy = true
  return listenerOf(provider, new URL(issuer))
}

/** The API may exchange the tokens that are for it, for tokens that may only look at the stock. */
function exchangeOptions({ apiResource, inventory }: DemoSettings): KeyBindingOptions {
  if (inventory === undefined) return {}

  const targets = { [inventory.resource]: { 'stock.read': 'orders.read' } }
  return {
    tokenExchange: { clients: { [API_CLIENT_ID]: { audiences: [apiResource], targets } } },
  }
}

/** oidc-provider makes its addresses from the request, so the request gets the configured ones. */
function listenerOf(provider: OidcProvider, { host, protocol }: URL): RequestListener {
  const callback = provider.callback()
  return (request, response) => {
    if (request.url?.startsWith('/') !== true) {
      response.writeHead(400).end()
      return
    }
    request.headers['x-forwarded-host'] = host
    request.headers['x-forwarded-proto'] = protocol.slice(0, -1)
    void callback(request, response)
  }
}

async function generateSigningJwk(): Promise<Readonly<Record<string, unknown>>> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const { kty, crv, x, y, d } = await crypto.subtle.exportKey('jwk', privateKey)
  // A name of its own: who cached the keys of an earlier start must see that this is another.
  return { kty, crv, x, y, d, alg: 'ES256', use: 'sig', kid: randomBytes(8).toString('hex') }
}
