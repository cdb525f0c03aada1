import type { RequestListener } from 'node:http'
// @ts-expect-error oidc-provider ships no types.
import { Provider } from 'oidc-provider'
import {
  KeyBindingProvider,
  type OidcConfiguration,
  type OidcProvider,
} from '@tmb-kit/authorization-server'
import { parseSettings, type ConformanceSettings } from '@tmb-kit/authorization-server/conformance'
import { CLIENTS, REDIRECT_URI, SECRET, type ClientId } from './clients.js'
import { autoSubmitInteractions, JWT_RESOURCE, testConfiguration } from './configuration.js'
import { defectListener, type Defect } from './defects.js'
import { EXCHANGE } from './exchange.js'
import { serve, type Served } from './served.js'

/** Our plugin, or the library without it. */
export type SubjectKind = 'plugin' | 'plain'

export interface SubjectOptions {
  readonly kind: SubjectKind
  /** Stands between the server and the command. */
  readonly defect?: Defect
  readonly configuration?: OidcConfiguration
  readonly features?: OidcConfiguration['features']
}

/** An authorization server to aim the command at. */
export async function serveSubject(options: SubjectOptions): Promise<Served> {
  const { kind, defect, configuration, features } = options
  return serve(async (issuer) => {
    const usual = await testConfiguration(clientsFor(['every_method', 'basic', 'unpermitted']))
    const all = { ...usual, ...configuration, features: { ...usual.features, ...features } }
    const provider: OidcProvider =
      kind === 'plugin'
        ? new KeyBindingProvider(issuer, all, { tokenExchange: EXCHANGE })
        : new (Provider as typeof KeyBindingProvider)(issuer, all)
    autoSubmitInteractions(provider)
    const callback = provider.callback() as RequestListener
    return defect === undefined ? callback : defectListener(callback, defect)
  })
}

/** The settings file for a subject, as its operator would write it. */
export function settingsFileFor(
  issuer: string,
  changes: Readonly<Record<string, unknown>> = {},
): string {
  return JSON.stringify({
    issuer,
    clients: {
      permitted: {
        client_id: 'every_method',
        client_secret: SECRET,
        confirmation_methods: ['jkt', 'x5t#S256', 'tls_exp'],
      },
      unpermitted: { client_id: 'unpermitted', client_secret: SECRET },
    },
    redirect_uri: REDIRECT_URI,
    resource: JWT_RESOURCE,
    scope: 'openid offline_access orders.read',
    client_credentials_scope: 'orders.read',
    sign_in: { form: { login: 'alice', password: 'demo' } },
    ...changes,
  })
}

export function settingsFor(
  issuer: string,
  changes: Readonly<Record<string, unknown>> = {},
): ConformanceSettings {
  return parseSettings(settingsFileFor(issuer, changes))
}

function clientsFor(names: readonly ClientId[]): OidcConfiguration['clients'] {
  return names.map((clientId) => ({ client_id: clientId, ...CLIENTS[clientId] }))
}
