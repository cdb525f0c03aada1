/** What the demo's authorization server is told from outside. */
export interface DemoSettings {
  /** Its public origin, and its name in every token. */
  readonly issuer: string
  /** The origin of the backend, the one client that there is. */
  readonly applicationOrigin: string
  /** RFC 8707: the one resource that there are tokens for. */
  readonly apiResource: string
  /** Public keys by which the backend shows who it is. */
  readonly clientJwks: PublicJwks
  /** `handoff`: oidc-provider without the plugin, which knows DPoP and not `tmb`. */
  readonly mode: 'tmb' | 'handoff'
  /** Whether every proof must carry a nonce of ours. */
  readonly demandNonces: boolean
  /** How long an access token lives. */
  readonly accessTokenSeconds: number
  /** The service behind the API, and the API as a client that exchanges tokens for it. */
  readonly inventory?: { readonly resource: string; readonly clientJwks: PublicJwks }
}

interface PublicJwks {
  readonly keys: readonly Readonly<Record<string, unknown>>[]
}

/** The environment was not understood. The message says which variable to change, and to what. */
export class SettingsError extends Error {
  override readonly name: string = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {SettingsError} */
export function readSettings(environment: Environment): DemoSettings & { readonly port: number } {
  const port = readPort(environment['PORT'] ?? '4001')
  return {
    port,
    issuer: readOrigin('ISSUER', environment['ISSUER'] ?? `http://localhost:${port}`),
    applicationOrigin: readOrigin(
      'APPLICATION_ORIGIN',
      environment['APPLICATION_ORIGIN'] ?? 'http://localhost:4000',
    ),
    apiResource: readResource(
      'API_RESOURCE',
      environment['API_RESOURCE'] ?? 'http://localhost:4002/',
    ),
    clientJwks: readJwks('DEMO_CLIENT_JWKS', environment['DEMO_CLIENT_JWKS']),
    mode: readMode(environment['MODE'] ?? 'tmb'),
    demandNonces: readFlag('DPOP_NONCE', environment['DPOP_NONCE'] ?? '0'),
    accessTokenSeconds: readSeconds(
      'ACCESS_TOKEN_SECONDS',
      environment['ACCESS_TOKEN_SECONDS'] ?? '300',
    ),
    ...readInventory(environment),
  }
}

function readInventory({
  INVENTORY_RESOURCE: resource,
  API_CLIENT_JWKS: jwks,
}: Environment): Pick<DemoSettings, 'inventory'> {
  if (resource === undefined) return {}

  const clientJwks = readJwks('API_CLIENT_JWKS', jwks)
  return { inventory: { resource: readResource('INVENTORY_RESOURCE', resource), clientJwks } }
}

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    throw new SettingsError('PORT must be a number from 1 to 65535.')
  }
  return port
}

function readOrigin(name: string, value: string): string {
  const isOrigin = /^https?:/.test(value) && URL.canParse(value) && new URL(value).origin === value
  if (!isOrigin) {
    throw new SettingsError(
      `${name} must be an origin such as http://localhost:4001, without a path.`,
    )
  }
  return value
}

function readResource(name: string, value: string): string {
  if (!/^https?:/.test(value) || !URL.canParse(value) || value.includes('#')) {
    throw new SettingsError(`${name} must be an absolute URL such as http://localhost:4002/.`)
  }
  return value
}

function readMode(value: string): 'tmb' | 'handoff' {
  if (value !== 'tmb' && value !== 'handoff')
    throw new SettingsError('MODE must be tmb or handoff.')
  return value
}

function readFlag(name: string, value: string): boolean {
  if (value !== '0' && value !== '1') {
    throw new SettingsError(`${name} must be 1 to demand nonces, or 0 or absent not to.`)
  }
  return value === '1'
}

function readSeconds(name: string, value: string): number {
  if (!/^[1-9]\d{0,4}$/.test(value)) {
    throw new SettingsError(`${name} must be a number of seconds from 1 to 99999.`)
  }
  return Number(value)
}

function readJwks(name: string, value: string | undefined): PublicJwks {
  if (value === undefined) {
    throw new SettingsError(`${name} is not set: set it to a JWK Set with the client's public key.`)
  }
  const jwks = parseJson(value)
  if (!isJwks(jwks) || jwks.keys.length === 0) {
    throw new SettingsError(`${name} must be JSON: {"keys":[…]} with one public JWK or more.`)
  }
  if (jwks.keys.some((jwk) => 'd' in jwk || 'k' in jwk)) {
    throw new SettingsError(`${name} holds a private key: leave only public ones in it.`)
  }
  return jwks
}

function isJwks(value: unknown): value is PublicJwks {
  const keys = (value as Partial<PublicJwks> | undefined)?.keys
  return Array.isArray(keys) && keys.every((jwk) => typeof jwk === 'object' && jwk !== null)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) ?? undefined
  } catch {
    // The error would quote the text. The caller has a sentence of its own.
    return undefined
  }
}
