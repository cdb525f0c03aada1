import { readInventorySettings, type InventorySettings } from './inventory-settings.js'
import { SettingsError } from './settings-error.js'

/** What the demo's API is told from outside. */
export interface DemoApiSettings {
  /** The public base URL of this API. */
  readonly apiOrigin: string
  /** The authorization server whose tokens count. */
  readonly issuer: string
  readonly audience: string
  /** The origin of the page that calls us. */
  readonly applicationOrigin: string
  /** Whether every proof must carry a nonce of ours. */
  readonly demandNonces: boolean
  /** How long a nonce lives, at least half and at most twice. */
  readonly nonceLifetimeSeconds: number
  /** The service behind this API. Absent: there is none. */
  readonly inventory?: InventorySettings
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {SettingsError} */
export function readSettings(
  environment: Environment,
): DemoApiSettings & { readonly port: number } {
  const port = readPort(environment['PORT'] ?? '4002')
  const apiOrigin = readOrigin(
    'API_ORIGIN',
    environment['API_ORIGIN'] ?? `http://localhost:${port}`,
  )
  const nonces = environment['DPOP_NONCE'] ?? '0'
  if (nonces !== '0' && nonces !== '1') {
    throw new SettingsError('DPOP_NONCE must be 1 to demand nonces, or 0 or absent not to.')
  }
  const nonceSeconds = environment['NONCE_SECONDS'] ?? '300'
  if (!/^[1-9]\d{0,4}$/.test(nonceSeconds)) {
    throw new SettingsError('NONCE_SECONDS must be a number of seconds from 1 to 99999.')
  }
  const inventory = readInventorySettings(environment)
  return {
    port,
    apiOrigin,
    issuer: readUrl('ISSUER', environment['ISSUER'] ?? 'http://localhost:4001'),
    audience: readUrl('API_AUDIENCE', environment['API_AUDIENCE'] ?? `${apiOrigin}/`),
    applicationOrigin: readOrigin(
      'APPLICATION_ORIGIN',
      environment['APPLICATION_ORIGIN'] ?? 'http://localhost:4000',
    ),
    demandNonces: nonces === '1',
    nonceLifetimeSeconds: Number(nonceSeconds),
    ...(inventory !== undefined && { inventory }),
  }
}

function readPort(value: string): number {
  const port = Number(value)
  if (!/^\d+$/.test(value) || port < 1 || port > 65_535) {
    throw new SettingsError('PORT must be a number from 1 to 65535.')
  }
  return port
}

function readOrigin(name: string, value: string): string {
  if (!URL.canParse(value) || new URL(value).origin !== value) {
    throw new SettingsError(
      `${name} must be an origin such as http://localhost:4002, without a path.`,
    )
  }
  return value
}

function readUrl(name: string, value: string): string {
  if (!URL.canParse(value) || !/^https?:$/.test(new URL(value).protocol)) {
    throw new SettingsError(`${name} must be an absolute URL such as http://localhost:4001.`)
  }
  return value
}
