import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// @ts-expect-error oidc-provider ships no types.
import { Provider } from 'oidc-provider'
import {
  KeyBindingProvider,
  type OidcConfiguration,
  type OidcContext,
} from '@tmb-kit/authorization-server'
import {
  startAuthorizationServer,
  type TestAuthorizationServer,
} from './support/authorization-server.js'
import { testConfiguration } from './support/configuration.js'

/**
 * The places of oidc-provider that the plugin hangs on. When a new version is tried, these fail first
 * and say which place moved.
 */
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

let as: TestAuthorizationServer
let usual: OidcConfiguration

beforeAll(async () => {
  usual = await testConfiguration(undefined)
  as = await startAuthorizationServer()
})
afterAll(async () => as.close())

interface Seen {
  readonly name: string
  readonly parameters: readonly string[]
}

it('the version is the one that was read', async () => {
  const require = createRequire(import.meta.url)
  const path = require.resolve('oidc-provider').replace(/lib\/index\.js$/, 'package.json')
  const { version } = JSON.parse(await readFile(path, 'utf8')) as { version: string }
  const { peerDependencies } = JSON.parse(
    await readFile(new URL('../package.json', import.meta.url), 'utf8'),
  ) as { peerDependencies: Record<string, string> }

  expect(version).toBe('9.13.3')
  expect(peerDependencies['oidc-provider']).toBe(version)
})

describe('oidc-provider still', () => {
  it('registers its own grants through the public registerGrantType', () => {
    const seen: Seen[] = []
    class Watched extends (Provider as typeof KeyBindingProvider) {
      override registerGrantType(
        ...values: Parameters<KeyBindingProvider['registerGrantType']>
      ): void {
        seen.push({ name: values[0], parameters: Array.from(values[2] ?? []) })
        super.registerGrantType(...values)
      }
    }
    new Watched('https://as.test', usual)
    expect(seen.map(({ name }) => name)).toEqual([
      'authorization_code',
      'client_credentials',
      'refresh_token',
    ])
    for (const { parameters } of seen) expect(parameters).toContain('resource')
  })

  it('has the models that are extended as getters of its prototype', () => {
    const prototype = (Provider as { prototype: object }).prototype
    for (const name of [
      'AccessToken',
      'ClientCredentials',
      'AuthorizationCode',
      'RefreshToken',
      'ReplayDetection',
    ]) {
      const descriptor = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
      expect(Object.keys(descriptor), name).toContain('get')
    }
  })

  it('names kinds, adapters and lifetimes after the class of a model', () => {
    for (const name of [
      'AccessToken',
      'ClientCredentials',
      'AuthorizationCode',
      'RefreshToken',
    ] as const) {
      const Model = as.provider[name]
      expect(Model.name).toBe(name)
      expect(as.provider[name]).toBe(Model)
      expect(Model.IN_PAYLOAD).toContain('clientId')
      expect('save' in Model.prototype, name).toBe(true)
    }
    for (const name of ['AuthorizationCode', 'RefreshToken'] as const) {
      expect('consume' in as.provider[name].prototype, name).toBe(true)
    }
    expect(as.provider.AccessToken.IN_PAYLOAD).toEqual(expect.arrayContaining(['jkt', 'x5t#S256']))
    expect(as.provider.AuthorizationCode.IN_PAYLOAD).toContain('dpopJkt')
  })

  it('asks the lifetime of a token of its expiration, once it is in a request', async () => {
    for (const name of ['AccessToken', 'ClientCredentials'] as const) {
      const base = Object.getPrototypeOf(as.provider[name]) as { prototype: object }
      expect('expiration' in base.prototype, name).toBe(true)
    }
    const parameters = { grant_type: 'client_credentials', tmb: JSON.stringify({ jkt: JKT }) }
    const { body } = await as.token({ parameters })
    const introspected = await as.post('/token/introspection', {
      parameters: { token: String(body['access_token']) },
    })
    const { exp, iat } = introspected.body
    expect(Number(exp) - Number(iat)).toBe(body['expires_in'])
  })

  it('asks ReplayDetection.unique whether a proof or an assertion is new', async () => {
    const asked: string[] = []
    const { ReplayDetection } = as.provider
    const unique = ReplayDetection.unique.bind(ReplayDetection)
    Object.assign(ReplayDetection, {
      unique: async (issuer: string, jti: string, exp: number) => {
        asked.push(issuer)
        return unique(issuer, jti, exp)
      },
    })
    const { status } = await as.token({
      clientId: 'jwt',
      parameters: { grant_type: 'client_credentials' },
    })
    expect(status).toBe(200)
    expect(asked).toEqual(['jwt'])
  })

  it('has what a token exchange is made of', async () => {
    const { provider } = as
    expect(provider.urlFor('token')).toBe(`${as.issuer}/token`)
    expect((await provider.Client.find('basic'))?.grantTypeAllowed('refresh_token')).toBe(true)
    expect(await provider.Client.find('nobody')).toBeUndefined()
    expect(await provider.Grant.find('none')).toBeUndefined()
    const resourceServer = new provider.ResourceServer('https://x.test/', { scope: 'a b' })
    expect(resourceServer.identifier()).toBe('https://x.test/')
  })

  it('offers the request in Provider.ctx, and the form as it was sent in ctx.oidc.body', async () => {
    const seen: (OidcContext | undefined)[] = []
    as.provider.registerGrantType('urn:test:other', (ctx) => {
      seen.push(KeyBindingProvider.ctx, ctx)
      ctx.body = { access_token: 'x', token_type: 'Bearer' }
    })
    await as.token({
      clientId: 'other',
      parameters: { grant_type: 'urn:test:other' },
      rawForm: '&empty=&twice=1&twice=2',
    })
    expect(seen[0]).toBe(seen[1])
    expect(seen[0]?.oidc?.route).toBe('token')
    expect(seen[0]?.oidc?.client?.clientId).toBe('other')
    expect(seen[0]?.oidc?.body).toMatchObject({ empty: '', twice: ['1', '2'] })
    expect(KeyBindingProvider.ctx).toBeUndefined()
  })

  it('leaves the error that a handler throws as it is, with its cause', async () => {
    const errors: { cause?: { code?: string } }[] = []
    as.provider.on('grant.error', (_ctx: unknown, error: { cause?: { code?: string } }) =>
      errors.push(error),
    )
    await as.token({ parameters: { grant_type: 'client_credentials', tmb: '' } })
    expect(errors[0]?.cause?.code).toBe('tmb_malformed')
  })
})

it('AS-13: should the binding not reach the token, the request fails and no bearer token goes out', async () => {
  const moved = await startAuthorizationServer()
  const { ClientCredentials } = moved.provider
  Object.defineProperty(moved.provider, 'ClientCredentials', {
    get: () => Object.getPrototypeOf(ClientCredentials) as unknown,
  })
  const parameters = { grant_type: 'client_credentials' }
  const refused = await moved.token({
    parameters: { ...parameters, tmb: '{"jkt":"0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}' },
  })
  const control = await moved.token({ parameters })
  await moved.close()

  expect(refused).toMatchObject({ status: 500, body: { error: 'server_error' } })
  expect(refused.body).not.toHaveProperty('access_token')
  expect(control).toMatchObject({ status: 200, body: { token_type: 'Bearer' } })
})
