import { createPublicKey, KeyObject, verify } from 'node:crypto'
import { requestOf, requestsOf } from './world.mjs'

const ECDSA = { name: 'ECDSA', namedCurve: 'P-256' }

/**
 * What no verifier of such requests can leave out, and nothing else: not one check. They show how near
 * to a goal this machine lets anybody come.
 */
export async function createBounds({ jwks, createClient }, clients) {
  const keysOfFields = new Map()
  const cryptoKeys = new Map()
  for (const client of clients) {
    const jwk = await jwkOf(client)
    const field = `DPoP ${client.accessToken}`
    keysOfFields.set(field, verifying(jwk))
    cryptoKeys.set(field, await crypto.subtle.importKey('jwk', jwk, ECDSA, true, ['verify']))
  }
  const issuerKey = verifying(jwks.keys[0])

  return {
    known: {
      name: 'bound: two fields read, one signature verified',
      inputs: async (count) => requestsOf(clients, count),
      run: (request) => {
        const key = keysOfFields.get(request.headers.get('Authorization'))
        assertSigned(request.headers.get('DPoP'), key)
      },
    },
    webCrypto: {
      name: 'bound: the same with WebCrypto',
      inputs: async (count) => requestsOf(clients, count),
      run: async (request) => {
        const key = cryptoKeys.get(request.headers.get('Authorization'))
        const [input, signature] = partsOf(request.headers.get('DPoP'))
        const hash = { name: 'ECDSA', hash: 'SHA-256' }
        if (!(await crypto.subtle.verify(hash, key, signature, input))) throw new Error('unsigned')
      },
    },
    stranger: {
      name: 'bound: two signatures verified, one key imported',
      inputs: async (count) => {
        const inputs = []
        while (inputs.length < count) {
          const client = await createClient()
          inputs.push({ request: await requestOf(client), point: await pointOf(client) })
        }
        return inputs
      },
      run: async ({ request, point }) => {
        assertSigned(request.headers.get('Authorization').slice('DPoP '.length), issuerKey)
        const key = await crypto.subtle.importKey('raw', point, ECDSA, true, ['verify'])
        assertSigned(request.headers.get('DPoP'), {
          key: KeyObject.from(key),
          dsaEncoding: 'ieee-p1363',
        })
      },
    },
  }
}

function verifying(jwk) {
  return { key: createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }
}

async function jwkOf({ proofKey }) {
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', proofKey.publicKey)
  return { kty, crv, x, y }
}

async function pointOf({ proofKey }) {
  return Buffer.from(await crypto.subtle.exportKey('raw', proofKey.publicKey))
}

function partsOf(jws) {
  const end = jws.lastIndexOf('.')
  return [Buffer.from(jws.slice(0, end), 'latin1'), Buffer.from(jws.slice(end + 1), 'base64url')]
}

function assertSigned(jws, key) {
  const [input, signature] = partsOf(jws)
  if (!verify('sha256', input, key, signature)) throw new Error('unsigned')
}
