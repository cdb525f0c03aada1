import { cookieSessions, createBackend } from '@tmb-kit/backend'
import { describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'

const { options } = await deploy()
const publicJwk = { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }
const client = (authentication: unknown) => ({ client: { id: 'app', authentication } })

/** One thing wrong, and a word of the sentence that says so. */
const MISTAKES: readonly (readonly [string, Record<string, unknown>, RegExp])[] = [
  ['an unknown option', { issuerUrl: 'https://as.test' }, /unknown option issuerUrl/],
  ['no origin', { origin: undefined }, /origin/],
  ['an origin with a path', { origin: 'https://app.test/app' }, /origin/],
  ['an origin with a last slash', { origin: 'https://app.test/' }, /origin/],
  ['an http origin', { origin: 'http://app.test' }, /origin must be https/],
  ['an http origin that looks like loopback', { origin: 'http://localhost.test' }, /https/],
  ['no issuer', { issuer: undefined }, /issuer/],
  ['an http issuer', { issuer: 'http://as.test' }, /issuer must be https/],
  ['an issuer with a query', { issuer: 'https://as.test?x=1' }, /issuer/],
  ['an issuer with a user', { issuer: 'https://u@as.test' }, /issuer/],
  ['a base path without a slash', { basePath: 'bff' }, /basePath/],
  ['a base path with a last slash', { basePath: '/bff/' }, /basePath/],
  ['no client', { client: undefined }, /client/],
  ['no client id', { client: { ...options.client, id: '' } }, /client\.id/],
  ['an unknown member of client', { client: { ...options.client, name: 'x' } }, /unknown option/],
  ['CC-01: no client authentication', client(undefined), /confidential client/],
  ['CC-01: the method none', client({ method: 'none' }), /method/],
  ['an empty secret', client({ method: 'client_secret_basic', secret: '' }), /secret/],
  ['a public JWK', client({ method: 'private_key_jwt', key: publicJwk }), /private JWK/],
  ['a PEM of another kind', client({ method: 'private_key_jwt', key: 'x' }), /PEM/],
  ['no key at all', client({ method: 'private_key_jwt' }), /private JWK/],
  ['no keys in the list', client({ method: 'private_key_jwt', keys: [] }), /at least one key/],
  ['keys that are no list', client({ method: 'private_key_jwt', keys: {} }), /at least one key/],
  ['a bare key in the list', client({ method: 'private_key_jwt', keys: ['x'] }), /options/],
  ['a key that is none', client({ method: 'private_key_jwt', keys: [{ key: 'x' }] }), /PEM/],
  ['key beside keys', client({ method: 'private_key_jwt', keys: [], key: 'x' }), /unknown option/],
  ['a certificate alone', client({ method: 'tls_client_auth', certificate: 'x' }), /belong/],
  [
    'a certificate that is none',
    client({ method: 'tls_client_auth', certificate: 'x', key: 'y' }),
    /PEM strings that belong together/,
  ],
  ['no certificate', client({ method: 'tls_client_auth' }), /certificate and key/],
  ['a TLS fetch that is none', client({ method: 'tls_client_auth', fetch: 5 }), /fetch/],
  [
    'a fetch beside a certificate',
    client({ method: 'tls_client_auth', fetch, certificate: 'x' }),
    /unknown option certificate/,
  ],
  ['no scope', { scope: undefined }, /scope/],
  ['a scope without openid', { scope: 'orders.read' }, /openid/],
  ['a scope with two spaces', { scope: 'openid  orders.read' }, /scope/],
  ['no resources', { resources: undefined }, /resources/],
  ['empty resources', { resources: {} }, /resources/],
  ['a resource that is no URI', { resources: { api: ['read'] } }, /absolute URIs/],
  ['a resource with a fragment', { resources: { 'https://api.test#a': ['read'] } }, /fragment/],
  ['scopes that are a string', { resources: { 'https://api.test': 'read' } }, /resources/],
  ['a scope with a space in it', { resources: { 'https://api.test': ['a b'] } }, /resources/],
  ['claims that are a string', { claims: 'sub' }, /claims/],
  ['no sessions', { sessions: undefined }, /cookieSessions/],
  ['an unknown mode', { mode: 'bearer' }, /mode/],
  ['an unknown proofOfPossession', { proofOfPossession: 'maybe' }, /proofOfPossession/],
  ['an unknown keyContinuity', { keyContinuity: 'maybe' }, /keyContinuity/],
  ['a clock that is a number', { clock: 5 }, /clock/],
  ['a fetch that is none', { fetch: 'x' }, /fetch/],
  ['a listener that is none', { onEvent: {} }, /onEvent/],
]

describe('createBackend', () => {
  it('takes the options that every case below changes in one place', () => {
    expect(() => createBackend(options)).not.toThrow()
  })

  it.each(MISTAKES)(
    'refuses %s with a sentence that says what to change',
    (_name, change, said) => {
      const mistaken = { ...options, ...change }
      expect(() => createBackend(mistaken)).toThrow(TypeError)
      expect(() => createBackend(mistaken)).toThrow(said)
    },
  )

  it.each([
    'http://localhost:4000',
    'http://app.localhost:4000',
    'http://127.0.0.1',
    'http://[::1]:1',
  ])('takes %s, since loopback never leaves the machine', (origin) => {
    expect(() => createBackend({ ...options, origin, issuer: `${origin}/as` })).not.toThrow()
  })
})

describe('cookieSessions', () => {
  const mistakes: readonly (readonly [string, unknown, RegExp])[] = [
    ['no options', undefined, /options/],
    ['no secrets', {}, /secrets/],
    ['an empty list', { secrets: [] }, /at least one/],
    ['a string for the list', { secrets: SECRET }, /array/],
    ['a secret of 31 bytes', { secrets: ['x'.repeat(31)] }, /32 bytes/],
    ['an old secret that is short', { secrets: [SECRET, 'x'] }, /32 bytes/],
    ['an unknown option', { secrets: [SECRET], secret: SECRET }, /unknown option secret/],
    ['a limit of 0', { secrets: [SECRET], idleSeconds: 0 }, /idleSeconds/],
    ['a limit that is no whole number', { secrets: [SECRET], absoluteSeconds: 1.5 }, /absoluteSec/],
  ]

  it.each(mistakes)('refuses %s', (_name, mistaken, said) => {
    expect(() => cookieSessions({ secrets: [SECRET] })).not.toThrow()
    expect(() => cookieSessions(mistaken as never)).toThrow(TypeError)
    expect(() => cookieSessions(mistaken as never)).toThrow(said)
  })
})
