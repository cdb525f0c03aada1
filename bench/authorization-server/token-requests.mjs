import { createProofSigner } from '@tmb-kit/core'
import { KeyBindingProvider } from '@tmb-kit/authorization-server'
import { Provider } from 'oidc-provider'
import { createConfiguration, ISSUER, REDIRECT_URI, RESOURCE } from './configuration.mjs'
import { inject } from './inject.mjs'

const CLIENT = Buffer.from('backend:a-secret-of-thirty-two-octets-and-more').toString('base64')
const CREDENTIALS = { grant_type: 'client_credentials', scope: 'orders.read', resource: RESOURCE }
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }

/**
 * Pairs of contenders. In all but the last the very same request goes to both; the last two show what
 * a bound token costs by `tmb`, beside a bearer token and beside a proof.
 */
export async function createRequests() {
  const configuration = await createConfiguration()
  const plain = serverOf(new Provider(ISSUER, configuration()))
  const plugin = serverOf(new KeyBindingProvider(ISSUER, configuration()))
  const signer = await createProofSigner(
    await crypto.subtle.generateKey(ES256, false, ['sign', 'verify']),
  )
  const { jkt } = signer
  const tmb = JSON.stringify({ jkt })

  const credentials = (changes) => (server) => repeating(server, { ...CREDENTIALS, ...changes })
  const proved = (server) => ({
    inputs: async (count) => {
      const request = { htm: 'POST', htu: `${ISSUER}/token` }
      const proofs = Array.from({ length: count }, () => signer.sign(request))
      return Promise.all(proofs)
    },
    run: async (proof) => server.token(CREDENTIALS, { dpop: proof }),
  })
  const both = (create) => ({ plain: create(plain), plugin: create(plugin) })
  return [
    { name: 'client_credentials', isGoal: true, ...both(credentials({})) },
    { name: 'authorization_code', isGoal: true, ...both(redeeming) },
    { name: 'refresh_token', isGoal: true, ...both(refreshing) },
    { name: 'client_credentials with a proof', isGoal: true, ...both(proved) },
    {
      name: 'tmb, beside a bearer token of the library',
      isGoal: false,
      plain: credentials({})(plain),
      plugin: credentials({ tmb })(plugin),
    },
    {
      name: 'tmb, beside a proof at the library',
      isGoal: false,
      plain: proved(plain),
      plugin: credentials({ tmb })(plugin),
    },
  ]
}

function serverOf(provider) {
  // As behind the proxy that every installation has.
  provider.proxy = true
  const callback = provider.callback()
  const token = async (parameters, headers = {}) => {
    const { status, body } = await inject(callback, {
      form: new URLSearchParams(parameters).toString(),
      headers: { authorization: `Basic ${CLIENT}`, ...headers },
    })
    if (status !== 200) throw new Error(`the token endpoint answered ${status} ${body}`)
    return JSON.parse(body)
  }
  return { provider, token }
}

function repeating(server, parameters) {
  return {
    inputs: async (count) => Array.from({ length: count }, () => parameters),
    run: async (input) => server.token(input),
  }
}

/** A code for each request, made outside of the measured time. */
function redeeming(server) {
  return {
    inputs: async (count) =>
      Promise.all(Array.from({ length: count }, () => createCode(server.provider))),
    run: async (code) => server.token(code),
  }
}

/** One grant, whose refresh token does not rotate. */
function refreshing(server) {
  return {
    inputs: async (count) => {
      const { refresh_token } = await server.token(await createCode(server.provider))
      const parameters = { grant_type: 'refresh_token', refresh_token, resource: RESOURCE }
      return Array.from({ length: count }, () => parameters)
    },
    run: async (parameters) => server.token(parameters),
  }
}

async function createCode({ AuthorizationCode, Client, Grant }) {
  const client = await Client.find('backend')
  const grant = new Grant({ accountId: 'alice', clientId: 'backend' })
  grant.addOIDCScope('openid offline_access')
  grant.addResourceScope(RESOURCE, 'orders.read')
  const grantId = await grant.save()
  const code = new AuthorizationCode({
    accountId: 'alice',
    client,
    grantId,
    redirectUri: REDIRECT_URI,
    resource: RESOURCE,
    scope: 'openid offline_access orders.read',
    authTime: Math.floor(Date.now() / 1000),
    claims: {},
  })
  return {
    grant_type: 'authorization_code',
    code: await code.save(),
    redirect_uri: REDIRECT_URI,
    resource: RESOURCE,
  }
}
