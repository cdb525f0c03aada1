import { computeSha256, type JsonObject } from '@tmb-kit/core'
import { readAnswer, type Answer } from './answer.js'
import { authenticateClient } from './client-authentication.js'
import { NotMet, NotTried } from './finding.js'
import type { ConformanceSettings, TestClient } from './settings.js'
import { signIn } from './sign-in.js'

type Parameters = Readonly<Record<string, string>>

export interface TokenRequestInput {
  /** Default: the permitted one. */
  readonly client?: TestClient
  readonly parameters: Parameters
  readonly headers?: Parameters
  /** Appended to the form as it stands. */
  readonly rawForm?: string
}

/** The authorization server, as anybody can talk to it who has the two clients. */
export interface ServerUnderTest {
  readonly settings: ConformanceSettings
  readonly metadata: JsonObject
  readonly fetch: typeof globalThis.fetch
  /** The address of an endpoint. @throws NotTried when metadata has none. */
  endpoint(name: string): string
  post(endpoint: string, input: TokenRequestInput): Promise<Answer>
  token(input: TokenRequestInput): Promise<Answer>
  /** What redeems a new grant, of the simplest kind that there is. */
  grant(client?: TestClient): Promise<Parameters>
  /** Signs a user in, and gives what redeems the code. @throws NotTried when nobody can be signed in. */
  code(options?: CodeOptions): Promise<Parameters>
  /** The address at which the last authorization request ended. */
  lastCallback(): URL
}

export interface CodeOptions {
  readonly client?: TestClient
  /** More of the authorization request. */
  readonly parameters?: Parameters
  /** Default: true, where the settings name one. */
  readonly withResource?: boolean
}

/** @throws {TypeError} when there is no metadata to begin with. */
export async function openServer(
  settings: ConformanceSettings,
  options: { readonly fetch: typeof globalThis.fetch },
): Promise<ServerUnderTest> {
  const { fetch } = options
  const { issuer, permitted, scope, clientScope, resource, redirectUri } = settings
  const metadata = await fetchMetadata(issuer, fetch)
  const forResource: Parameters = resource === undefined ? {} : { resource }
  let lastCallback = new URL(issuer)

  const endpoint = (name: string): string => {
    const address = metadata[name]
    if (typeof address !== 'string') throw new NotTried(`metadata has no ${name}`)
    return address
  }
  const post = async (address: string, input: TokenRequestInput): Promise<Answer> => {
    const { client = permitted, parameters, headers = {}, rawForm = '' } = input
    const authentication = await authenticateClient(client, { issuer })
    const form = new URLSearchParams({ ...parameters, ...authentication.parameters })
    return readAnswer(
      await fetch(address, {
        method: 'POST',
        redirect: 'manual',
        headers: {
          'Content-Type': 'application/x-www-form-urlencoded',
          ...authentication.headers,
          ...headers,
        },
        body: `${form.toString()}${rawForm}`,
      }),
    )
  }
  const code = async (asked: CodeOptions = {}): Promise<Parameters> => {
    if (settings.signIn === undefined || redirectUri === undefined) {
      throw new NotTried('needs a user: the settings have no sign_in and redirect_uri')
    }
    const { client = permitted, parameters = {}, withResource = true } = asked
    const codeVerifier = crypto.randomUUID() + crypto.randomUUID()
    const request = {
      response_type: 'code',
      client_id: client.clientId,
      redirect_uri: redirectUri,
      scope,
      ...(withResource ? forResource : {}),
      state: crypto.randomUUID(),
      code_challenge: await computeSha256(codeVerifier),
      code_challenge_method: 'S256',
      ...settings.authorizationParameters,
      ...parameters,
    }
    const query = await pushOrNot(request, { metadata, client, post })
    const address = `${endpoint('authorization_endpoint')}?${query.toString()}`
    lastCallback = await signIn(address, { signIn: settings.signIn, redirectUri, fetch })
    const value = lastCallback.searchParams.get('code')
    if (value === null) {
      const error = lastCallback.searchParams.get('error') ?? 'no code'
      throw new NotTried(`the authorization request ended with ${error}`)
    }
    return {
      grant_type: 'authorization_code',
      code: value,
      redirect_uri: redirectUri,
      code_verifier: codeVerifier,
      ...(withResource ? forResource : {}),
    }
  }
  return {
    settings,
    metadata,
    fetch,
    endpoint,
    post,
    code,
    token: async (input) => post(endpoint('token_endpoint'), input),
    grant: async (client = permitted) => {
      if (!supportsGrant(metadata, 'client_credentials')) return code({ client })
      const asked = clientScope === undefined ? {} : { scope: clientScope }
      return { grant_type: 'client_credentials', ...asked, ...forResource }
    },
    lastCallback: () => lastCallback,
  }
}

export function supportsGrant(metadata: JsonObject, grantType: string): boolean {
  const { grant_types_supported: names = ['authorization_code', 'implicit'] } = metadata
  return Array.isArray(names) && names.includes(grantType)
}

/** OpenID Connect Discovery 1.0 section 4; RFC 8414 section 3.1, for a server that knows no OpenID. */
async function fetchMetadata(issuer: string, fetch: typeof globalThis.fetch): Promise<JsonObject> {
  const { origin, pathname } = new URL(issuer)
  const path = pathname.replace(/\/$/, '')
  const addresses = [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ]
  for (const address of addresses) {
    const { status, body } = await readAnswer(await fetch(address))
    if (status === 200 && body !== undefined) return body
  }
  throw new TypeError(`there is no metadata at ${addresses.join(' or ')}`)
}

interface PushOptions {
  readonly metadata: JsonObject
  readonly client: TestClient
  readonly post: ServerUnderTest['post']
}

/** RFC 9126 where it is offered: the parameters then go over the back channel. */
async function pushOrNot(
  request: Parameters,
  { metadata, client, post }: PushOptions,
): Promise<URLSearchParams> {
  const endpoint = metadata['pushed_authorization_request_endpoint']
  if (typeof endpoint !== 'string') return new URLSearchParams(request)

  const { status, body } = await post(endpoint, { client, parameters: request })
  if (status !== 201) throw new NotMet(`the pushed authorization request was answered ${status}`)
  return new URLSearchParams({
    client_id: client.clientId,
    request_uri: String(body?.['request_uri']),
  })
}
