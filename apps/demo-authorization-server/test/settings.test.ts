import { describe, expect, it } from 'vitest'
import { readSettings, SettingsError } from '../src/settings.js'

const DEMO_CLIENT_JWKS = JSON.stringify({ keys: [{ kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }] })

it('needs the key of the backend, and knows the rest', () => {
  expect(readSettings({ DEMO_CLIENT_JWKS })).toEqual({
    port: 4001,
    issuer: 'http://localhost:4001',
    applicationOrigin: 'http://localhost:4000',
    apiResource: 'http://localhost:4002/',
    clientJwks: JSON.parse(DEMO_CLIENT_JWKS),
    mode: 'tmb',
    demandNonces: false,
    accessTokenSeconds: 300,
  })
})

it('takes what the environment says', () => {
  const environment = {
    DEMO_CLIENT_JWKS,
    PORT: '5001',
    ISSUER: 'http://as.localhost:5001',
    APPLICATION_ORIGIN: 'http://app.localhost:5000',
    API_RESOURCE: 'http://api.localhost:5002/',
    MODE: 'handoff',
    DPOP_NONCE: '1',
    ACCESS_TOKEN_SECONDS: '45',
  }
  expect(readSettings(environment)).toMatchObject({
    port: 5001,
    issuer: 'http://as.localhost:5001',
    applicationOrigin: 'http://app.localhost:5000',
    apiResource: 'http://api.localhost:5002/',
    mode: 'handoff',
    demandNonces: true,
    accessTokenSeconds: 45,
  })
  expect(readSettings({ DEMO_CLIENT_JWKS, PORT: '5001' }).issuer).toBe('http://localhost:5001')
})

describe('one sentence for each mistake, which names the variable', () => {
  it.each([
    ['PORT', ''],
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '4001x'],
    ['ISSUER', 'localhost:4001'],
    ['ISSUER', 'http://localhost:4001/'],
    ['ISSUER', 'http://localhost:4001/as'],
    ['ISSUER', 'ftp://localhost'],
    ['APPLICATION_ORIGIN', 'http://localhost:4000/app'],
    ['APPLICATION_ORIGIN', 'http://user@localhost:4000'],
    ['API_RESOURCE', '/orders'],
    ['API_RESOURCE', 'http://localhost:4002/#x'],
    ['MODE', 'bearer'],
    ['DPOP_NONCE', 'yes'],
    ['ACCESS_TOKEN_SECONDS', '0'],
    ['ACCESS_TOKEN_SECONDS', '5m'],
    ['DEMO_CLIENT_JWKS', undefined],
    ['DEMO_CLIENT_JWKS', ''],
    ['DEMO_CLIENT_JWKS', 'null'],
    ['DEMO_CLIENT_JWKS', '[]'],
    ['DEMO_CLIENT_JWKS', '{"keys":[]}'],
    ['DEMO_CLIENT_JWKS', '{"keys":[1]}'],
    ['DEMO_CLIENT_JWKS', '{"keys":[{"kty":"EC","d":"CANARY"}]}'],
    ['DEMO_CLIENT_JWKS', '{"keys":[{"kty":"oct","k":"CANARY"}]}'],
  ])('%s=%s', (name, value) => {
    const read = (): unknown => readSettings({ DEMO_CLIENT_JWKS, [name]: value })
    expect(read).toThrow(SettingsError)
    expect(read).toThrow(new RegExp(`^${name} [^\\n]*\\.$`))
    expect(read).not.toThrow(/CANARY/)
  })
})
