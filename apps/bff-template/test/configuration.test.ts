import { generateKeyPairSync } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { readConfiguration } from '../src/configuration.js'
import { ConfigurationError, type Environment } from '../src/reading.js'
import { environmentWith, generateClientKey } from './environment.js'

const CANARY = 'canary-canary-canary'

let clientKey: JsonWebKey
let pkcs8: string

beforeAll(async () => {
  clientKey = await generateClientKey()
  pkcs8 = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  }).privateKey
})

function mistakesOf(env: Environment): readonly string[] {
  try {
    readConfiguration(env)
    return []
  } catch (error) {
    if (error instanceof ConfigurationError) return error.mistakes
    throw error
  }
}

describe('a configuration without a mistake', () => {
  it('has a default for everything that has a sensible one', () => {
    expect(readConfiguration(environmentWith(clientKey))).toEqual({
      port: 4000,
      host: undefined,
      origin: 'http://localhost:4000',
      issuer: 'https://as.example',
      client: {
        id: 'the-backend',
        authentication: { method: 'private_key_jwt', key: clientKey },
      },
      scope: 'openid offline_access orders.read orders.write',
      resources: { 'https://api.example/': ['orders.read', 'orders.write'] },
      sessionSecrets: ['a-secret-of-the-tests-with-more-than-32-bytes'],
      claims: ['sub', 'name'],
      spaDirectory: 'public',
      apiOrigins: ['https://api.example'],
      keyContinuity: 'interactive',
      proofOfPossession: 'off',
      mode: undefined,
      redisUrl: undefined,
      postgresUrl: undefined,
    })
  })

  it('says everything itself where it wants to', () => {
    const env = environmentWith(clientKey, {
      PORT: '5000',
      HOST: '127.0.0.1',
      ORIGIN: 'https://app.example',
      SCOPE: 'openid  orders.read',
      CLAIMS: 'sub, email',
      SPA_DIR: '/srv/pages',
      API_ORIGINS: 'https://api.example, http://localhost:4002',
      KEY_CONTINUITY: 'first-use',
      PROOF_OF_POSSESSION: 'required',
      MODE: 'handoff',
      REDIS_URL: 'rediss://user:password@redis.example:6380/1',
    })
    expect(readConfiguration(env)).toMatchObject({
      port: 5000,
      host: '127.0.0.1',
      origin: 'https://app.example',
      scope: 'openid orders.read',
      claims: ['sub', 'email'],
      spaDirectory: '/srv/pages',
      apiOrigins: ['https://api.example', 'http://localhost:4002'],
      keyContinuity: 'first-use',
      proofOfPossession: 'required',
      mode: 'handoff',
      redisUrl: 'rediss://user:password@redis.example:6380/1',
    })
  })

  it('takes its default origin from the port', () => {
    const env = environmentWith(clientKey, { PORT: '5000' })
    expect(readConfiguration(env).origin).toBe('http://localhost:5000')
  })

  it.each([
    ['a comma between them', `${'n'.repeat(32)},${'o'.repeat(32)}`],
    ['white space as well', ` ${'n'.repeat(32)} , ${'o'.repeat(32)} `],
    ['a JSON array', JSON.stringify(['n'.repeat(32), 'o'.repeat(32)])],
  ])('has several session secrets with %s, the newest first', (_how, SESSION_SECRETS) => {
    const { sessionSecrets } = readConfiguration(environmentWith(clientKey, { SESSION_SECRETS }))
    expect(sessionSecrets).toEqual(['n'.repeat(32), 'o'.repeat(32)])
  })

  it('has its client key in PEM, with real line breaks or with \\n', () => {
    for (const CLIENT_KEY of [pkcs8, pkcs8.replaceAll('\n', '\\n')]) {
      const { client } = readConfiguration(environmentWith(clientKey, { CLIENT_KEY }))
      expect(client.authentication).toEqual({ method: 'private_key_jwt', key: pkcs8.trim() })
    }
  })

  it('has a client secret in place of the key', () => {
    const env = environmentWith(clientKey, { CLIENT_KEY: undefined, CLIENT_SECRET: 's3cret' })
    expect(readConfiguration(env).client.authentication).toEqual({
      method: 'client_secret_basic',
      secret: 's3cret',
    })
  })

  it.each([
    'http://localhost:4001',
    'http://as.localhost:4001',
    'http://127.0.0.1',
    'http://[::1]',
  ])('has %s as its issuer: http on this machine is fine', (ISSUER) =>
    expect(mistakesOf(environmentWith(clientKey, { ISSUER }))).toEqual([]),
  )
})

describe('one mistake gives one sentence', () => {
  const publicOf = ({ kty, crv, x, y }: JsonWebKey): unknown => ({ kty, crv, x, y })
  const rsa1024 = (): string =>
    generateKeyPairSync('rsa', {
      modulusLength: 1024,
      publicKeyEncoding: { type: 'spki', format: 'pem' },
      privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    }).privateKey

  const refusals: readonly (readonly [string, () => Environment, RegExp])[] = [
    ['no port', () => ({ PORT: CANARY }), /^PORT must be a whole number from 1 to 65535\.$/],
    ['port 0', () => ({ PORT: '0' }), /^PORT must be/],
    ['a port too high', () => ({ PORT: '65536' }), /^PORT must be/],
    ['a port in hexadecimal', () => ({ PORT: '0x1F' }), /^PORT must be/],
    ['an origin that is no URL', () => ({ ORIGIN: CANARY }), /^ORIGIN must be an origin such as/],
    ['another scheme', () => ({ ORIGIN: 'ftp://app.example' }), /^ORIGIN must be an origin such/],
    [
      'an origin with a slash',
      () => ({ ORIGIN: 'https://app.example/' }),
      /^ORIGIN must be an origin alone: write https:\/\/app\.example, without anything after it\.$/,
    ],
    ['a path in the origin', () => ({ ORIGIN: 'https://app.example/a' }), /^ORIGIN must be an or/],
    ['an origin in capitals', () => ({ ORIGIN: 'https://App.example' }), /^ORIGIN must be an orig/],
    ['an origin over http', () => ({ ORIGIN: 'http://app.example' }), /^ORIGIN must use https/],
    [
      'a name that only looks like localhost',
      () => ({ ORIGIN: 'http://localhost.example' }),
      /^ORIGIN must use https/,
    ],
    ['no issuer', () => ({ ISSUER: undefined }), /^ISSUER is not set: set it to the URL of/],
    ['an empty issuer', () => ({ ISSUER: ' ' }), /^ISSUER is not set/],
    ['an issuer that is no URL', () => ({ ISSUER: CANARY }), /^ISSUER must be a URL such as/],
    ['an issuer over http', () => ({ ISSUER: 'http://as.example' }), /^ISSUER must use https/],
    ['a query', () => ({ ISSUER: 'https://as.example?a' }), /^ISSUER must have neither a query/],
    ['a fragment', () => ({ ISSUER: 'https://as.example#' }), /^ISSUER must have neither/],
    ['a user', () => ({ ISSUER: `https://u:${CANARY}@as.example` }), /^ISSUER must hold no user/],
    ['no client id', () => ({ CLIENT_ID: undefined }), /^CLIENT_ID is not set/],
    [
      'no client key',
      () => ({ CLIENT_KEY: undefined }),
      /^CLIENT_KEY is not set.*CLIENT_SECRET\.$/,
    ],
    ['key and secret', () => ({ CLIENT_SECRET: CANARY }), /^CLIENT_KEY and CLIENT_SECRET are both/],
    ['a key that is no JSON', () => ({ CLIENT_KEY: `{${CANARY}` }), /^CLIENT_KEY must be JSON/],
    [
      'a key that is neither',
      () => ({ CLIENT_KEY: CANARY }),
      /^CLIENT_KEY must be a private JWK, /,
    ],
    [
      'a public key',
      () => ({ CLIENT_KEY: JSON.stringify(publicOf(clientKey)) }),
      /^CLIENT_KEY is a public key/,
    ],
    [
      'a symmetric key',
      () => ({ CLIENT_KEY: JSON.stringify({ kty: 'oct', k: CANARY }) }),
      /^CLIENT_KEY holds no private key that can be read/,
    ],
    [
      'a key off its curve',
      () => ({ CLIENT_KEY: JSON.stringify({ ...clientKey, x: clientKey.y }) }),
      /^CLIENT_KEY holds no private key that can be read/,
    ],
    [
      'PEM that is cut off',
      () => ({ CLIENT_KEY: pkcs8.slice(0, 60) }),
      /^CLIENT_KEY holds no private key that can be read/,
    ],
    [
      'a small RSA key',
      () => ({ CLIENT_KEY: rsa1024() }),
      /^CLIENT_KEY is an RSA key of less than/,
    ],
    ['a scope without openid', () => ({ SCOPE: 'orders.read' }), /^SCOPE must contain openid/],
    ['a scope with quotes', () => ({ SCOPE: '"openid"' }), /^SCOPE must be scopes with spaces/],
    [
      'no resources',
      () => ({ RESOURCES: undefined }),
      /^RESOURCES is not set: set it to JSON such/,
    ],
    ['resources that are no JSON', () => ({ RESOURCES: CANARY }), /^RESOURCES must be JSON/],
    ['resources in an array', () => ({ RESOURCES: '[]' }), /^RESOURCES must be JSON/],
    ['an empty object', () => ({ RESOURCES: '{}' }), /^RESOURCES must name at least one/],
    ['a resource that is no URL', () => ({ RESOURCES: '{"orders":["a"]}' }), /^RESOURCES has a re/],
    [
      'a resource with a fragment',
      () => ({ RESOURCES: '{"https://api.example/#a":["a"]}' }),
      /^RESOURCES has a resource that is no absolute URL, or that has a fragment\.$/,
    ],
    [
      'a resource over http',
      () => ({ RESOURCES: '{"http://api.example":["a"]}' }),
      /^RESOURCES has a resource with http/,
    ],
    [
      'a resource without scopes',
      () => ({ RESOURCES: '{"https://api.example":[]}' }),
      /^RESOURCES must have an array of at least one scope/,
    ],
    [
      'scopes in a string',
      () => ({ RESOURCES: '{"https://api.example":"a b"}' }),
      /^RESOURCES must have an array/,
    ],
    ['no session secret', () => ({ SESSION_SECRETS: undefined }), /^SESSION_SECRETS is not set/],
    ['a short one', () => ({ SESSION_SECRETS: CANARY }), /^SESSION_SECRETS is too short: 32 bytes/],
    [
      'a short one behind a good one',
      () => ({ SESSION_SECRETS: `${'n'.repeat(32)},${CANARY}` }),
      /^SESSION_SECRETS holds as number 2 a secret that is too short/,
    ],
    [
      'an empty entry',
      () => ({ SESSION_SECRETS: `${'n'.repeat(32)},` }),
      /^SESSION_SECRETS must be a list/,
    ],
    [
      'no JSON array',
      () => ({ SESSION_SECRETS: `["${CANARY}` }),
      /^SESSION_SECRETS must be a list/,
    ],
    ['numbers', () => ({ SESSION_SECRETS: '[1]' }), /^SESSION_SECRETS must be a list/],
    [
      'one secret twice',
      () => ({ SESSION_SECRETS: `${'n'.repeat(32)},${'n'.repeat(32)}` }),
      /^SESSION_SECRETS holds the same secret twice/,
    ],
    ['claims with a gap', () => ({ CLAIMS: 'sub,,name' }), /^CLAIMS must be a list/],
    ['API origins with a gap', () => ({ API_ORIGINS: ',' }), /^API_ORIGINS must be a list/],
    [
      'an API origin with a path',
      () => ({ API_ORIGINS: 'https://api.example/v1' }),
      /^API_ORIGINS holds an entry that must be an origin alone/,
    ],
    [
      'an API origin that would end the directive',
      () => ({ API_ORIGINS: "https://api.example; script-src 'unsafe-inline'" }),
      /^API_ORIGINS holds an entry that must be an origin/,
    ],
    [
      'an unknown policy',
      () => ({ KEY_CONTINUITY: 'never' }),
      /^KEY_CONTINUITY must be interactive or/,
    ],
    [
      'a proof of possession by and by',
      () => ({ PROOF_OF_POSSESSION: 'true' }),
      /^PROOF_OF_POSSESSION must be off or required\.$/,
    ],
    ['an unknown mode', () => ({ MODE: 'bearer' }), /^MODE must be tmb or handoff\.$/],
    [
      'a Redis of another scheme',
      () => ({ REDIS_URL: `http://${CANARY}` }),
      /^REDIS_URL must be a URL such as redis:/,
    ],
    ['a Redis without a scheme', () => ({ REDIS_URL: CANARY }), /^REDIS_URL must be a URL/],
    [
      'a Postgres of another scheme',
      () => ({ POSTGRES_URL: `pg://${CANARY}` }),
      /^POSTGRES_URL must be a URL such as postgres:/,
    ],
    ['a Postgres without a host', () => ({ POSTGRES_URL: 'postgres://' }), /^POSTGRES_URL must/],
    [
      'two stores',
      () => ({ REDIS_URL: `redis://${CANARY}`, POSTGRES_URL: `postgres://${CANARY}` }),
      /^REDIS_URL and POSTGRES_URL are both set/,
    ],
  ]

  it.each(refusals)('%s', (_what, change, sentence) => {
    expect(mistakesOf(environmentWith(clientKey))).toEqual([])

    const mistakes = mistakesOf(environmentWith(clientKey, change()))
    expect(mistakes).toEqual([expect.stringMatching(sentence)])
    expect(mistakes.join()).not.toContain(CANARY)

    expect(mistakesOf(environmentWith(clientKey))).toEqual([])
  })

  it('an empty environment names every variable that is missing, all at once', () => {
    expect(mistakesOf({}).map((mistake) => mistake.split(' ')[0])).toEqual([
      'ISSUER',
      'CLIENT_ID',
      'CLIENT_KEY',
      'RESOURCES',
      'SESSION_SECRETS',
    ])
  })
})
