import { SettingsError } from './settings-error.js'

/** Where the inventory is, and what this API shows it and the authorization server. */
export interface InventorySettings {
  readonly origin: string
  /** PEM: whom the inventory's certificate comes from. */
  readonly ca: string
  /** PEM: this API's own certificate as a client, and its key. */
  readonly certificate: string
  readonly privateKey: string
  /** This API is a client of the authorization server, as which it exchanges tokens. */
  readonly clientId: string
  readonly clientKey: JsonWebKey
}

type Environment = Readonly<Record<string, string | undefined>>

/**
 * @returns `undefined`: the demo runs without an inventory.
 * @throws {SettingsError}
 */
export function readInventorySettings(environment: Environment): InventorySettings | undefined {
  const origin = environment['INVENTORY_ORIGIN']
  if (origin === undefined) return undefined

  if (!/^https:/.test(origin) || !URL.canParse(origin) || new URL(origin).origin !== origin) {
    throw new SettingsError('INVENTORY_ORIGIN must be an origin such as https://localhost:4100.')
  }
  return {
    origin,
    ca: readPem('INVENTORY_CA', environment['INVENTORY_CA']),
    certificate: readPem('SERVICE_CERTIFICATE', environment['SERVICE_CERTIFICATE']),
    privateKey: readPem('SERVICE_KEY', environment['SERVICE_KEY']),
    clientId: environment['CLIENT_ID'] ?? 'demo-api',
    clientKey: readJwk(environment['CLIENT_KEY'] ?? ''),
  }
}

function readPem(name: string, value = ''): string {
  if (!value.startsWith('-----BEGIN ')) throw new SettingsError(`${name} must be PEM.`)
  return value
}

function readJwk(text: string): JsonWebKey {
  try {
    return JSON.parse(text) as JsonWebKey
  } catch {
    // The error would quote the key.
    throw new SettingsError('CLIENT_KEY must be a private JWK.')
  }
}
