import { serve, type ServerType } from '@hono/node-server'
import { encodeBase64url } from '@tmb-kit/core'
import { signRawJws } from '@tmb-kit/testkit'
import type { AddressInfo } from 'node:net'

/** Whose refresh token has been presented how often, and what came of it. */
export interface Grant {
  readonly query: URLSearchParams
  jkt: string
  /** The refresh token that is good now, and the one before it. */
  current: string
  before: string | undefined
  refreshes: number
  revoked: boolean
}

/**
 * An authorization server on loopback that rotates refresh tokens, and takes one that comes again
 * for theft: then the grant is over. Its own store is slow and asynchronous.
 */
export interface RotatingAuthorizationServer {
  readonly issuer: string
  readonly grants: readonly Grant[]
  readonly behaviour: {
    /** How long each of the two calls of its store takes. */
    storeMilliseconds: () => number
    /** What every call of its store waits for as well. */
    gate: () => Promise<void>
    /** Whether the token before is still good, as long as its successor was never used. */
    forgivesLostAnswers: boolean
  }
  /** How many requests it is busy with, whoever still waits for their answers. */
  readonly underWay: () => number
  /** Signs the user in. @returns the URL that the browser is sent back to. */
  authorize(url: string): URL
  stop(): Promise<void>
}

const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/json' } })

export async function startRotatingAuthorizationServer(): Promise<RotatingAuthorizationServer> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const signingKey = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const grants: Grant[] = []
  const codes = new Map<string, Grant>()
  const behaviour: RotatingAuthorizationServer['behaviour'] = {
    storeMilliseconds: () => 5 + Math.random() * 20,
    gate: async () => undefined,
    forgivesLostAnswers: false,
  }
  let issuer = ''
  const slowly = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, behaviour.storeMilliseconds()))
    await behaviour.gate()
  }

  const answerFor = async (grant: Grant, idToken?: string): Promise<Response> => {
    const answer = {
      access_token: `access-${crypto.randomUUID()}`,
      token_type: 'DPoP',
      expires_in: 300,
      scope: 'openid offline_access orders.read',
      refresh_token: grant.current,
      cnf: { jkt: grant.jkt },
      id_token: idToken,
    }
    await slowly()
    return json(answer)
  }

  const refresh = async (form: URLSearchParams): Promise<Response> => {
    const presented = form.get('refresh_token')
    const grant = grants.find(({ current, before }) => [current, before].includes(presented ?? ''))
    if (grant === undefined || grant.revoked) return json({ error: 'invalid_grant' }, 400)

    await slowly()
    const isCurrent = presented === grant.current
    if (!isCurrent && !(behaviour.forgivesLostAnswers && presented === grant.before)) {
      grant.revoked = true
      return json({ error: 'invalid_grant' }, 400)
    }
    grant.before = isCurrent ? grant.current : grant.before
    grant.current = `refresh-${crypto.randomUUID()}`
    grant.refreshes += 1
    return answerFor(grant)
  }

  const redeem = async (form: URLSearchParams): Promise<Response> => {
    const grant = codes.get(form.get('code') ?? '')
    if (grant === undefined) return json({ error: 'invalid_grant' }, 400)

    const now = Math.floor(Date.now() / 1000)
    grant.jkt = (JSON.parse(form.get('tmb') ?? '{}') as { readonly jkt: string }).jkt
    const claims = {
      iss: issuer,
      aud: 'app-backend',
      sub: `user-${grants.indexOf(grant)}`,
      nonce: grant.query.get('nonce'),
      iat: now,
      exp: now + 600,
    }
    return answerFor(
      grant,
      await signRawJws({ alg: 'ES256', kid: 'key-1' }, claims, signingKey.privateKey),
    )
  }

  const handler = async (request: Request): Promise<Response> => {
    switch (new URL(request.url).pathname) {
      case '/.well-known/openid-configuration':
        return json({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
          id_token_signing_alg_values_supported: ['ES256'],
          tmb_supported: true,
        })
      case '/jwks': {
        const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', signingKey.publicKey)
        return json({ keys: [{ kty, crv, x, y, kid: 'key-1', alg: 'ES256', use: 'sig' }] })
      }
      case '/token': {
        const form = new URLSearchParams(await request.text())
        return form.get('grant_type') === 'refresh_token' ? refresh(form) : redeem(form)
      }
      default:
        return new Response('not found', { status: 404 })
    }
  }

  let underWay = 0
  const counted = async (request: Request): Promise<Response> => {
    underWay += 1
    try {
      return await handler(request)
    } finally {
      underWay -= 1
    }
  }
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: counted, port: 0, hostname: '127.0.0.1' }, () =>
      resolve(started),
    )
  })
  issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`

  return {
    issuer,
    grants,
    behaviour,
    underWay: () => underWay,
    authorize: (url) => {
      const query = new URL(url).searchParams
      const code = encodeBase64url(crypto.getRandomValues(new Uint8Array(32)))
      const current = `refresh-${crypto.randomUUID()}`
      const grant: Grant = {
        query,
        jkt: '',
        current,
        before: undefined,
        refreshes: 0,
        revoked: false,
      }
      grants.push(grant)
      codes.set(code, grant)
      const back = new URL(query.get('redirect_uri') ?? '')
      const answer = { code, state: query.get('state') ?? '', iss: issuer }
      for (const [name, value] of Object.entries(answer)) back.searchParams.set(name, value)
      return back
    },
    stop: async () => {
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
