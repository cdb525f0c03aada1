import { encodeBase64url, encodeBase64urlText, verifyProof, type JsonObject } from '@tmb-kit/core'
import { signRawJws, type OriginHandler, type TestClock } from '@tmb-kit/testkit'

export const ISSUER = 'https://as.test'
export const CLIENT_ID = 'app-backend'

/** What the fake is told to do. Each field has a well-behaved default; tests change them. */
export interface Behaviour {
  metadata: Record<string, unknown>
  /** Changes the claims of every ID token. */
  idTokenClaims: Record<string, unknown>
  idTokenHeader: Record<string, unknown>
  /** Changes every token answer. */
  tokenAnswer: (answer: Record<string, unknown>, form: URLSearchParams) => Record<string, unknown>
  /** Takes the place of an endpoint's answer. `undefined`: answer as usual. */
  answer: Partial<Record<string, (request: Request) => Promise<Response | undefined>>>
  authTime: number | undefined
  rotates: boolean
  jwtTokens: boolean
  knowsTmb: boolean
  /** The nonce that every proof must carry. */
  nonce: string | undefined
  /** Offered with every token answer. */
  nextNonce: string | undefined
  lifetimeSeconds: number
  sub: string
}

interface Grant {
  readonly scope: string
  readonly nonce: string
  readonly challenge: string
  readonly redirectUri: string
  readonly resources: readonly string[]
  readonly dpopJkt: string | undefined
  jkt?: string
  ended: boolean
}

export interface FakeAuthorizationServer {
  readonly behaviour: Behaviour
  readonly handler: OriginHandler
  /** Every form that reached an endpoint, oldest first. */
  readonly forms: {
    readonly path: string
    readonly form: URLSearchParams
    readonly headers: Headers
  }[]
  /** Every secret that the backend must not let out. */
  readonly secrets: Set<string>
  readonly revoked: string[]
  formsTo(path: string): URLSearchParams[]
  /** Signs the user in and gives the URL that the browser is sent back to. */
  authorize(url: string, changes?: Record<string, string | undefined>): URL
  endGrants(): void
  rotateKey(): Promise<void>
  sign(header: JsonObject, claims: JsonObject): Promise<string>
}

const json = (body: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(body), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  })

const sha256 = async (text: string): Promise<string> =>
  encodeBase64url(
    new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))),
  )

async function generateSigningKey(): Promise<CryptoKeyPair> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  return crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
}

/** An authorization server that knows `tmb`, in this process, and misbehaves on command. */
export async function createFakeAuthorizationServer(
  clock: TestClock,
): Promise<FakeAuthorizationServer> {
  let signingKey = await generateSigningKey()
  let kid = 'key-1'
  let count = 0
  const pushed = new Map<string, URLSearchParams>()
  const codes = new Map<string, Grant>()
  const refreshTokens = new Map<string, Grant>()
  const grants: Grant[] = []
  const secrets = new Set<string>()
  const secret = (kind: string): string => {
    count += 1
    const value = `canary-${kind}-${count}-${crypto.randomUUID()}`
    secrets.add(value)
    return value
  }

  const behaviour: Behaviour = {
    metadata: {},
    idTokenClaims: {},
    idTokenHeader: {},
    tokenAnswer: (answer) => answer,
    answer: {},
    authTime: undefined,
    rotates: true,
    jwtTokens: true,
    knowsTmb: true,
    nonce: undefined,
    nextNonce: undefined,
    lifetimeSeconds: 300,
    sub: 'user-1',
  }
  const forms: FakeAuthorizationServer['forms'] = []

  const metadata = (): JsonObject => ({
    issuer: ISSUER,
    authorization_endpoint: `${ISSUER}/auth`,
    token_endpoint: `${ISSUER}/token`,
    jwks_uri: `${ISSUER}/jwks`,
    pushed_authorization_request_endpoint: `${ISSUER}/par`,
    revocation_endpoint: `${ISSUER}/revoke`,
    end_session_endpoint: `${ISSUER}/logout`,
    code_challenge_methods_supported: ['S256'],
    authorization_response_iss_parameter_supported: true,
    id_token_signing_alg_values_supported: ['ES256'],
    tmb_supported: true,
    ...behaviour.metadata,
  })

  const sign = async (header: JsonObject, claims: JsonObject): Promise<string> =>
    signRawJws({ alg: 'ES256', kid, ...header }, claims, signingKey.privateKey)

  const mintAccessToken = async (grant: Grant, claims: JsonObject): Promise<string> => {
    if (!behaviour.jwtTokens) return secret('opaque-access-token')
    const cnf = grant.jkt === undefined ? undefined : { jkt: grant.jkt }
    return sign({ typ: 'at+jwt' }, { iss: ISSUER, jti: secret('jti'), cnf, ...claims })
  }

  const answerWith = async (
    grant: Grant,
    form: URLSearchParams,
    idToken: string | undefined,
  ): Promise<Response> => {
    const resource = form.get('resource') ?? undefined
    const scope = form.get('scope') ?? grant.scope
    const lifetimeSeconds = behaviour.lifetimeSeconds
    const accessToken = await mintAccessToken(grant, {
      aud: resource,
      scope,
      exp: clock() + lifetimeSeconds,
    })
    const refreshToken = secret('refresh-token')
    refreshTokens.set(refreshToken, grant)
    const isRefresh = form.get('grant_type') === 'refresh_token'
    const answer = {
      access_token: accessToken,
      token_type: grant.jkt === undefined ? 'Bearer' : 'DPoP',
      expires_in: lifetimeSeconds,
      scope,
      refresh_token: isRefresh && !behaviour.rotates ? undefined : refreshToken,
      id_token: idToken,
      cnf: grant.jkt === undefined ? undefined : { jkt: grant.jkt },
    }
    const headers: Record<string, string> =
      behaviour.nextNonce === undefined ? {} : { 'DPoP-Nonce': behaviour.nextNonce }
    return json(behaviour.tokenAnswer(answer, form), 200, headers)
  }

  const proofs = new Set<string>()
  const token = async (form: URLSearchParams, proof: string | undefined): Promise<Response> => {
    const tmb = form.get('tmb')
    let jkt =
      behaviour.knowsTmb && tmb !== null ? (JSON.parse(tmb) as { jkt: string }).jkt : undefined
    if (!behaviour.knowsTmb && proof !== undefined) {
      const { claims, jkt: proven } = await verifyProof(proof, {
        htm: 'POST',
        htu: `${ISSUER}/token`,
        clock,
        maxAgeSeconds: 1e9,
        futureSkewSeconds: 1e9,
      })
      if (behaviour.nonce !== undefined && claims.nonce !== behaviour.nonce) {
        return json({ error: 'use_dpop_nonce' }, 400, { 'DPoP-Nonce': behaviour.nonce })
      }
      // As oidc-provider does, and no client can tell it from a dead code.
      if (proofs.has(proof)) return json({ error: 'invalid_grant' }, 400)
      proofs.add(proof)
      jkt = proven
    }
    if (form.get('grant_type') === 'refresh_token') {
      const presented = form.get('refresh_token') ?? ''
      const grant = refreshTokens.get(presented)
      if (grant === undefined || grant.ended) return json({ error: 'invalid_grant' }, 400)
      if (behaviour.knowsTmb && jkt !== grant.jkt) return json({ error: 'invalid_grant' }, 400)
      if (behaviour.rotates) {
        refreshTokens.delete(presented)
        // Presenting it again is taken for theft, and ends the grant.
        refreshTokens.set(presented, { ...grant, ended: true })
      }
      return answerWith(grant, form, undefined)
    }

    const code = form.get('code') ?? ''
    const grant = codes.get(code)
    codes.delete(code)
    const verifier = form.get('code_verifier') ?? ''
    secrets.add(verifier)
    if (grant === undefined || (await sha256(verifier)) !== grant.challenge) {
      return json({ error: 'invalid_grant' }, 400)
    }
    if (form.get('redirect_uri') !== grant.redirectUri) return json({ error: 'invalid_grant' }, 400)
    if (grant.dpopJkt !== undefined && grant.dpopJkt !== jkt) {
      return json({ error: 'invalid_grant' }, 400)
    }
    if (jkt !== undefined) grant.jkt = jkt
    const idToken = await sign(behaviour.idTokenHeader, {
      iss: ISSUER,
      aud: CLIENT_ID,
      sub: behaviour.sub,
      sid: 'sid-1',
      name: 'Alice',
      email: 'alice@canary.example',
      iat: clock(),
      exp: clock() + 600,
      nonce: grant.nonce,
      auth_time: behaviour.authTime,
      ...behaviour.idTokenClaims,
    })
    secrets.add(idToken)
    return answerWith(grant, form, idToken)
  }

  const handler: OriginHandler = async (request) => {
    const { pathname } = new URL(request.url)
    const form =
      request.method === 'POST' ? new URLSearchParams(await request.clone().text()) : undefined
    if (form !== undefined) {
      forms.push({ path: pathname, form, headers: request.headers })
      const assertion = form.get('client_assertion')
      if (assertion !== null) secrets.add(assertion)
    }
    const special = await behaviour.answer[pathname]?.(request)
    if (special !== undefined) return special

    switch (pathname) {
      case '/.well-known/openid-configuration':
        return json(metadata())
      case '/jwks': {
        const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', signingKey.publicKey)
        return json({ keys: [{ kty, crv, x, y, kid, alg: 'ES256', use: 'sig' }] })
      }
      case '/par': {
        count += 1
        const requestUri = `urn:ietf:params:oauth:request_uri:${count}`
        pushed.set(requestUri, form!)
        return json({ request_uri: requestUri, expires_in: 60 }, 201)
      }
      case '/token':
        return token(form!, request.headers.get('DPoP') ?? undefined)
      case '/revoke': {
        const revoked = form!.get('token') ?? ''
        behaviourRevoke(revoked)
        return new Response(undefined, { status: 200 })
      }
      default:
        return new Response('not found', { status: 404 })
    }
  }
  const revoked: string[] = []
  const behaviourRevoke = (value: string): void => {
    revoked.push(value)
    const grant = refreshTokens.get(value)
    if (grant !== undefined) grant.ended = true
  }

  return {
    behaviour,
    handler,
    forms,
    secrets,
    revoked,
    formsTo: (path) => forms.filter((sent) => sent.path === path).map(({ form }) => form),
    authorize: (url, changes = {}) => {
      const query = new URL(url).searchParams
      const parameters = pushed.get(query.get('request_uri') ?? '') ?? query
      const code = secret('code')
      const grant: Grant = {
        scope: parameters.get('scope') ?? '',
        nonce: parameters.get('nonce') ?? '',
        challenge: parameters.get('code_challenge') ?? '',
        redirectUri: parameters.get('redirect_uri') ?? '',
        resources: parameters.getAll('resource'),
        dpopJkt: parameters.get('dpop_jkt') ?? undefined,
        ended: false,
      }
      codes.set(code, grant)
      grants.push(grant)
      const back = new URL(grant.redirectUri)
      const answer: Record<string, string | undefined> = {
        code,
        state: parameters.get('state') ?? '',
        iss: ISSUER,
        ...changes,
      }
      for (const [name, value] of Object.entries(answer)) {
        if (value !== undefined) back.searchParams.set(name, value)
      }
      return back
    },
    endGrants: () => {
      for (const grant of grants) grant.ended = true
    },
    rotateKey: async () => {
      signingKey = await generateSigningKey()
      kid = `key-${(count += 1)}`
    },
    sign,
  }
}

/** A part that looks like a JWS part, for tokens that nobody signed. */
export function unsignedJwt(claims: JsonObject): string {
  const header = encodeBase64urlText(JSON.stringify({ alg: 'none', typ: 'at+jwt' }))
  return `${header}.${encodeBase64urlText(JSON.stringify(claims))}.c2ln`
}
