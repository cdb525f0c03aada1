/** What the demo's inventory is told from outside. */
export interface DemoInventorySettings {
  /** Its public origin, https: it is itself the end of its TLS sessions. */
  readonly origin: string
  /** The authorization server whose tokens count. */
  readonly issuer: string
  /** PEM. */
  readonly certificate: string
  readonly privateKey: string
}

/** The environment was not understood. The message says which variable to change, and to what. */
export class SettingsError extends Error {
  override readonly name: string = 'SettingsError'
}

type Environment = Readonly<Record<string, string | undefined>>

/** @throws {SettingsError} */
export function readSettings(
  environment: Environment,
): DemoInventorySettings & { readonly port: number } {
  const port = Number(environment['PORT'] ?? '4100')
  if (!Number.isSafeInteger(port) || port < 1 || port > 65_535) {
    throw new SettingsError('PORT must be a number from 1 to 65535.')
  }
  return {
    port,
    origin: readOrigin(environment['INVENTORY_ORIGIN'] ?? `https://localhost:${port}`),
    issuer: environment['ISSUER'] ?? 'http://localhost:4001',
    certificate: readPem('TLS_CERTIFICATE', environment['TLS_CERTIFICATE']),
    privateKey: readPem('TLS_KEY', environment['TLS_KEY']),
  }
}

function readOrigin(value: string): string {
  if (!/^https:/.test(value) || !URL.canParse(value) || new URL(value).origin !== value) {
    throw new SettingsError('INVENTORY_ORIGIN must be an origin such as https://localhost:4100.')
  }
  return value
}

function readPem(name: string, value = ''): string {
  if (!value.startsWith('-----BEGIN ')) throw new SettingsError(`${name} must be PEM.`)
  return value
}
