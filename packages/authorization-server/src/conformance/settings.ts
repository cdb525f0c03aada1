import { isJsonObject, parseJsonObject, type JsonObject } from '@tmb-kit/core'

/** How a test client shows who it is. */
export type ClientCredential =
  | { readonly method: 'client_secret_basic' | 'client_secret_post'; readonly secret: string }
  | { readonly method: 'private_key_jwt'; readonly privateJwk: JsonWebKey }

/** A client that was registered at the authorization server for these tests. */
export interface TestClient {
  readonly clientId: string
  readonly credential: ClientCredential
}

/** How a user gets signed in: by the forms of the sign-in pages, or by a command of the operator's. */
export type SignInSettings =
  | { readonly kind: 'form'; readonly fields: Readonly<Record<string, string>> }
  | { readonly kind: 'command'; readonly command: readonly string[] }

/** What the command is told. */
export interface ConformanceSettings {
  readonly issuer: string
  /** May use `tmb`, with these methods. */
  readonly permitted: TestClient
  readonly methods: readonly string[]
  /** An ordinary confidential client. */
  readonly unpermitted: TestClient
  readonly redirectUri: string | undefined
  /** Of authorization requests. */
  readonly scope: string
  /** More of authorization requests: `prompt`, say. */
  readonly authorizationParameters: Readonly<Record<string, string>>
  /** Of client_credentials requests. */
  readonly clientScope: string | undefined
  readonly resource: string | undefined
  readonly signIn: SignInSettings | undefined
}

/** The file is not what it should be. Quotes no secret of it. */
export class SettingsError extends Error {
  override readonly name: string = 'SettingsError'
}

/**
 * Reads the JSON file of the command.
 *
 * @throws {SettingsError} with a sentence for whoever wrote the file.
 */
export function parseSettings(text: string): ConformanceSettings {
  const file = parseJsonObject(text)
  if (file === undefined) throw new SettingsError('The file must hold one JSON object.')

  const clients = objectOf(file, 'clients')
  const permitted = objectOf(clients, 'permitted')
  const { confirmation_methods: methods = ['jkt'] } = permitted
  return {
    issuer: parseIssuer(file['issuer']),
    permitted: parseClient(permitted, 'permitted'),
    methods: Array.isArray(methods) ? methods.map(String) : [],
    unpermitted: parseClient(objectOf(clients, 'unpermitted'), 'unpermitted'),
    redirectUri: optionalText(file, 'redirect_uri'),
    scope: optionalText(file, 'scope') ?? 'openid offline_access',
    authorizationParameters: textsOf(file, 'authorization_parameters'),
    clientScope: optionalText(file, 'client_credentials_scope'),
    resource: optionalText(file, 'resource'),
    signIn: file['sign_in'] === undefined ? undefined : parseSignIn(objectOf(file, 'sign_in')),
  }
}

function parseIssuer(value: unknown): string {
  if (typeof value !== 'string' || !/^https?:$/.test(URL.parse(value)?.protocol ?? '')) {
    throw new SettingsError('issuer must be an https address.')
  }
  return value
}

function parseClient(client: JsonObject, role: string): TestClient {
  const { client_id: clientId, token_endpoint_auth_method: method = 'client_secret_basic' } = client
  const { client_secret: secret, private_jwk: privateJwk } = client
  if (typeof clientId !== 'string') throw new SettingsError(`clients.${role}.client_id is missing.`)

  if (method === 'private_key_jwt' && isJsonObject(privateJwk)) {
    return { clientId, credential: { method, privateJwk } }
  }
  const isSecret = method === 'client_secret_basic' || method === 'client_secret_post'
  if (isSecret && typeof secret === 'string') return { clientId, credential: { method, secret } }
  throw new SettingsError(
    `clients.${role} needs a client_secret, or private_key_jwt and a private_jwk.`,
  )
}

function parseSignIn({ form, command }: JsonObject): SignInSettings {
  if (isJsonObject(form) && Object.values(form).every((value) => typeof value === 'string')) {
    return { kind: 'form', fields: form as Readonly<Record<string, string>> }
  }
  if (Array.isArray(command) && command.length > 0) {
    return { kind: 'command', command: command.map(String) }
  }
  throw new SettingsError(
    'sign_in needs a form, {"input name": "value"}, or a command, ["name", …].',
  )
}

function objectOf(parent: JsonObject, name: string): JsonObject {
  const value = parent[name]
  if (!isJsonObject(value)) throw new SettingsError(`${name} must be an object.`)
  return value
}

function textsOf(file: JsonObject, name: string): Readonly<Record<string, string>> {
  const value = file[name] === undefined ? {} : objectOf(file, name)
  if (Object.values(value).every((text) => typeof text === 'string')) {
    return value as Readonly<Record<string, string>>
  }
  throw new SettingsError(`${name} must hold strings.`)
}

function optionalText(file: JsonObject, name: string): string | undefined {
  const value = file[name]
  if (value === undefined || typeof value === 'string') return value
  throw new SettingsError(`${name} must be a string.`)
}
