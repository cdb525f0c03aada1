import { createProofSigner } from '@tmb-kit/core'

export const ISSUER = 'https://as.test'
export const API = 'https://api.test'
export const ORDERS = `${API}/orders`

const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const SIGNING = { name: 'ECDSA', hash: 'SHA-256' }
const LIFETIME_SECONDS = 3600

const systemClock = () => Math.floor(Date.now() / 1000)
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** An issuer, and clients with bound tokens and keys of their own. */
export async function createWorld(clock = systemClock) {
  const pair = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  const jwks = { keys: [{ kty, crv, x, y, kid: 'key-1', alg: 'ES256', use: 'sig' }] }
  let count = 0

  const createToken = async (jkt) => {
    count += 1
    const claims = {
      iss: ISSUER,
      sub: `user-${count}`,
      aud: API,
      exp: clock() + LIFETIME_SECONDS,
      iat: clock(),
      jti: `token-${count}-${crypto.randomUUID()}`,
      client_id: 'demo-backend',
      scope: 'orders.read orders.write',
      cnf: { jkt },
    }
    const input = `${encode({ typ: 'at+jwt', alg: 'ES256', kid: 'key-1' })}.${encode(claims)}`
    const signature = await crypto.subtle.sign(SIGNING, pair.privateKey, Buffer.from(input))
    return `${input}.${Buffer.from(signature).toString('base64url')}`
  }
  const createClient = async () => {
    const proofKey = await crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])
    const signer = await createProofSigner(proofKey, { clock })
    return { proofKey, signer, accessToken: await createToken(signer.jkt) }
  }
  return { clock, jwks, createClient }
}

/** A good request of a client, with a proof of its own. */
export async function requestOf({ signer, accessToken }) {
  const proof = await signer.sign({ htm: 'GET', htu: ORDERS, accessToken })
  return new Request(ORDERS, {
    headers: { Authorization: `DPoP ${accessToken}`, DPoP: proof },
  })
}

/** A good request with a form, which has to be looked into for a token. */
export async function formRequestOf({ signer, accessToken }) {
  const proof = await signer.sign({ htm: 'POST', htu: ORDERS, accessToken })
  return new Request(ORDERS, {
    method: 'POST',
    headers: { Authorization: `DPoP ${accessToken}`, DPoP: proof },
    body: new URLSearchParams({ item: 'book' }),
  })
}

/** As many requests as are asked for, from some clients in turn. */
export async function requestsOf(clients, count, create = requestOf) {
  const requests = []
  for (let index = 0; index < count; index += 1) {
    requests.push(await create(clients[index % clients.length]))
  }
  return requests
}
