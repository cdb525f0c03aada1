import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { signRawJws } from '@tmb-kit/testkit'
import { createAuthorizationServer } from '../../src/authorization-server.js'
import type { DemoSettings } from '../../src/settings.js'

export const APPLICATION = 'http://localhost:4000'
export const API = 'http://localhost:4002/'

type Parameters = Readonly<Record<string, string>>
type Json = Readonly<Record<string, unknown>>

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly body: Json
}

/** The demo's authorization server on a port of its own, and the backend as its client. */
export interface Demo {
  readonly issuer: string
  close(): Promise<void>
  /** The address to send the browser to, by PAR; and what redeems the code. */
  authorize(
    parameters?: Parameters,
  ): Promise<{ readonly url: string; readonly codeVerifier: string }>
  post(path: string, parameters: Parameters, headers?: Parameters): Promise<Answer>
  /** Redeems the code of a callback. */
  redeem(
    callback: URL,
    codeVerifier: string,
    extra?: Parameters,
    headers?: Parameters,
  ): Promise<Answer>
}

export async function startDemo(settings: Partial<DemoSettings> = {}): Promise<Demo> {
  const clientAuthKey = await crypto.subtle.generateKey(
    { name: 'ECDSA', namedCurve: 'P-256' },
    true,
    ['sign', 'verify'],
  )
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', clientAuthKey.publicKey)
  server.on(
    'request',
    await createAuthorizationServer({
      issuer,
      applicationOrigin: APPLICATION,
      apiResource: API,
      clientJwks: { keys: [{ kty, crv, x, y }] },
      mode: 'tmb',
      demandNonces: false,
      accessTokenSeconds: 300,
      ...settings,
    }),
  )

  const post: Demo['post'] = async (path, parameters, headers = {}) => {
    const client = await clientAssertion(issuer, clientAuthKey.privateKey)
    const body = new URLSearchParams({ ...client, ...parameters })
    const response = await fetch(`${issuer}${path}`, { method: 'POST', body, headers })
    const text = await response.text()
    const { status } = response
    return {
      status,
      headers: response.headers,
      body: text === '' ? {} : (JSON.parse(text) as Json),
    }
  }
  return {
    issuer,
    post,
    close: async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
    authorize: async (parameters = {}) => {
      const codeVerifier = `${crypto.randomUUID()}${crypto.randomUUID()}`
      const { status, body } = await post('/request', {
        client_id: 'demo-backend',
        response_type: 'code',
        redirect_uri: `${APPLICATION}/bff/callback`,
        scope: 'openid offline_access orders.read orders.write',
        resource: API,
        nonce: 'n',
        state: 's',
        code_challenge: await challengeOf(codeVerifier),
        code_challenge_method: 'S256',
        ...parameters,
      })
      if (status !== 201) throw new Error(`PAR: ${JSON.stringify(body)}`)
      const requestUri = String(body['request_uri'])
      const query = new URLSearchParams({ client_id: 'demo-backend', request_uri: requestUri })
      return { url: `${issuer}/auth?${query}`, codeVerifier }
    },
    redeem: async (callback, codeVerifier, extra = {}, headers = {}) =>
      post(
        '/token',
        {
          grant_type: 'authorization_code',
          code: callback.searchParams.get('code') ?? `none in ${callback.href}`,
          redirect_uri: `${APPLICATION}/bff/callback`,
          code_verifier: codeVerifier,
          resource: API,
          ...extra,
        },
        headers,
      ),
  }
}

/** The claims of a JWT that this process has made itself, so nothing is verified. */
export function claimsOf(jwt: unknown): Json {
  const [, payload = ''] = String(jwt).split('.')
  return JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as Json
}

async function clientAssertion(issuer: string, privateKey: CryptoKey): Promise<Parameters> {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: 'demo-backend', sub: 'demo-backend', aud: issuer, iat: now, exp: now + 60 }
  const jws = { ...claims, jti: crypto.randomUUID() }
  return {
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
    client_assertion: await signRawJws({ alg: 'ES256' }, jws, privateKey),
  }
}

async function challengeOf(codeVerifier: string): Promise<string> {
  const octets = new TextEncoder().encode(codeVerifier)
  return Buffer.from(await crypto.subtle.digest('SHA-256', octets)).toString('base64url')
}
