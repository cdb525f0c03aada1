import { checkAuthorizationServer, type ClientAuthentication } from '@tmb-kit/backend'
import { createProof } from '@tmb-kit/core'
import { generateProofKey, jktOf } from '@tmb-kit/testkit'
import {
  decodeProtectedHeader,
  exportPKCS8,
  generateKeyPair,
  jwtVerify,
  type CryptoKey as JoseKey,
} from 'jose'
import { describe, expect, it } from 'vitest'
import { CLIENT_SECRET, deploy, type Deployment } from './support/deployment.js'
import { CLIENT_ID, ISSUER } from './support/fake-authorization-server.js'
import { errorOf } from './support/login.js'

const pairOf = async (alg: string) => generateKeyPair(alg, { extractable: true })
const es256 = await pairOf('ES256')
const rs256 = await pairOf('RS256')
const ed25519 = await pairOf('Ed25519')
const jwk = await crypto.subtle.exportKey('jwk', es256.privateKey)

interface KeyCase {
  readonly name: string
  readonly given: Omit<KeyOf, 'method'>
  readonly alg: string
  readonly publicKey: JoseKey
  readonly kid?: string
}

const pem = await exportPKCS8(es256.privateKey)
const { publicKey } = es256
const KEYS: readonly KeyCase[] = [
  { name: 'a JWK', given: { key: jwk }, alg: 'ES256', publicKey },
  {
    name: 'a named JWK',
    given: { key: { ...jwk, kid: 'k1' } },
    alg: 'ES256',
    publicKey,
    kid: 'k1',
  },
  { name: 'a JWK with alg', given: { key: { ...jwk, alg: 'ES256' } }, alg: 'ES256', publicKey },
  {
    name: 'an RSA JWK',
    given: { key: await jwkOf(rs256.privateKey) },
    alg: 'RS256',
    publicKey: rs256.publicKey,
  },
  {
    name: 'an RSA JWK for PS256',
    given: { key: await bareRsa(), alg: 'PS256' },
    alg: 'PS256',
    publicKey: rs256.publicKey,
  },
  {
    name: 'an Ed25519 JWK',
    given: { key: await jwkOf(ed25519.privateKey) },
    alg: 'Ed25519',
    publicKey: ed25519.publicKey,
  },
  { name: 'a PEM', given: { key: pem }, alg: 'ES256', publicKey },
  { name: 'a PEM and a kid', given: { key: pem, kid: 'k2' }, alg: 'ES256', publicKey, kid: 'k2' },
  {
    name: 'an RSA PEM',
    given: { key: await exportPKCS8(rs256.privateKey) },
    alg: 'RS256',
    publicKey: rs256.publicKey,
  },
  {
    name: 'an Ed25519 PEM',
    given: { key: await exportPKCS8(ed25519.privateKey) },
    alg: 'Ed25519',
    publicKey: ed25519.publicKey,
  },
  {
    name: 'a CryptoKey',
    given: { key: es256.privateKey, kid: 'k3' },
    alg: 'ES256',
    publicKey,
    kid: 'k3',
  },
]

type KeyOf = Extract<
  ClientAuthentication,
  { readonly key: unknown; readonly method: 'private_key_jwt' }
>

async function jwkOf(key: JoseKey): Promise<JsonWebKey> {
  return crypto.subtle.exportKey('jwk', key)
}

async function bareRsa(): Promise<JsonWebKey> {
  const { alg, ...rest } = await jwkOf(rs256.privateKey)
  expect(alg).toBe('RS256')
  return rest
}

describe('client authentication', () => {
  it.each(KEYS)('CC-02: private_key_jwt with $name', async ({ given, alg, publicKey, kid }) => {
    const authentication = { method: 'private_key_jwt', ...given } as const
    const deployment = await deploy({ client: { id: CLIENT_ID, authentication } })
    const { server, clock, signIn, token, browser, options } = deployment
    await checkAuthorizationServer(options)
    await signIn()
    await token({ refresh: true })
    await browser.post('/bff/logout', {})

    expect(server.forms.map(({ path }) => path)).toEqual(['/par', '/token', '/token', '/revoke'])
    const identifiers = new Set<unknown>()
    for (const { form, headers } of server.forms) {
      expect(headers.has('Authorization')).toBe(false)
      expect(form.get('client_assertion_type')).toBe(
        'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      )
      const { payload, protectedHeader } = await jwtVerify(
        form.get('client_assertion')!,
        publicKey === rs256.publicKey ? await importRsa(alg) : publicKey,
        {
          audience: ISSUER,
          issuer: CLIENT_ID,
          subject: CLIENT_ID,
          currentDate: new Date(clock() * 1000),
        },
      )
      expect(protectedHeader.alg).toBe(alg)
      expect(protectedHeader.kid).toBe(kid)
      expect(payload.aud).toBe(ISSUER)
      expect(payload.exp).toBe(clock() + 60)
      identifiers.add(payload.jti)
    }
    expect(identifiers.size).toBe(4)
  })

  describe('while keys are rotated', () => {
    const keys = [
      { key: jwk, kid: 'new' },
      { key: pem, kid: 'old' },
    ]
    const authentication: ClientAuthentication = { method: 'private_key_jwt', keys }
    const rotating = async () => deploy({ client: { id: CLIENT_ID, authentication } })
    const kidOf = (assertion: string | null): unknown => decodeProtectedHeader(assertion ?? '').kid
    const kidsTo = ({ server }: Deployment, path: string): readonly unknown[] =>
      server.formsTo(path).map((form) => kidOf(form.get('client_assertion')))
    /** The server knows the old key alone. */
    const knowOldOnly = ({ server }: Deployment): void => {
      const refuse = async (request: Request): Promise<Response | undefined> => {
        const form = new URLSearchParams(await request.clone().text())
        return kidOf(form.get('client_assertion')) === 'new'
          ? Response.json({ error: 'invalid_client' }, { status: 401 })
          : undefined
      }
      for (const path of ['/par', '/token', '/revoke']) server.behaviour.answer[path] = refuse
    }

    it('CC-02: the newest signs', async () => {
      const deployment = await rotating()
      await checkAuthorizationServer(deployment.options)
      await deployment.signIn()
      expect(kidsTo(deployment, '/par')).toEqual(['new'])
      expect(kidsTo(deployment, '/token')).toEqual(['new'])
    })

    it('CC-02: a server that does not know it yet gets the next, and then that first', async () => {
      const deployment = await rotating()
      const { signIn, token, clock, server } = deployment
      knowOldOnly(deployment)
      expect(errorOf(await signIn())).toBeUndefined()
      expect((await token({ refresh: true })).status).toBe(200)
      expect(kidsTo(deployment, '/par')).toEqual(['new', 'old'])
      expect(kidsTo(deployment, '/token')).toEqual(['old', 'old'])

      clock.advance(600)
      server.behaviour.answer = {}
      expect((await token({ refresh: true })).status).toBe(200)
      expect(kidsTo(deployment, '/token')).toEqual(['old', 'old', 'new'])
    })

    it('CC-02: a server that knows none of them is asked with each once', async () => {
      const deployment = await rotating()
      const { browser, jkt, server } = deployment
      server.behaviour.answer['/par'] = async () =>
        Response.json({ error: 'invalid_client' }, { status: 401 })
      expect((await browser.post('/bff/login', { jkt })).status).toBe(502)
      expect(kidsTo(deployment, '/par')).toEqual(['new', 'old'])
    })

    it('CC-02: any other refusal is final', async () => {
      const deployment = await rotating()
      const { browser, jkt, server } = deployment
      server.behaviour.answer['/par'] = async () =>
        Response.json({ error: 'unauthorized_client' }, { status: 400 })
      expect((await browser.post('/bff/login', { jkt })).status).toBe(502)
      expect(kidsTo(deployment, '/par')).toEqual(['new'])
    })

    it('HO-10: a proof is never sent twice, whichever key', async () => {
      const proofKey = await generateProofKey()
      const deployment = await rotating()
      const { browser, server, signIn } = deployment
      server.behaviour.knowsTmb = false
      server.behaviour.metadata = {
        tmb_supported: undefined,
        dpop_signing_alg_values_supported: ['ES256'],
      }
      const jkt = await jktOf(proofKey)
      await signIn({ jkt })
      knowOldOnly(deployment)
      const redeem = async (): Promise<Response> => {
        const request = { htm: 'POST', htu: `${ISSUER}/token` }
        const proof = await createProof({ proofKey, ...request, clock: deployment.clock })
        return browser.post('/bff/token', { jkt, token_endpoint_proof: proof })
      }
      expect((await redeem()).status).toBe(502)
      expect(kidsTo(deployment, '/token')).toEqual(['new'])
      await signIn({ jkt })
      expect((await redeem()).status).toBe(200)
      expect(kidsTo(deployment, '/token')).toEqual(['new', 'old'])
      const proofs = server.forms.flatMap(({ headers }) => headers.get('DPoP') ?? [])
      expect(new Set(proofs).size).toBe(proofs.length)
    })
  })

  it('client_secret_basic sends the secret in the header alone', async () => {
    const { server, signIn, token } = await deploy()
    await signIn()
    await token({ refresh: true })
    for (const { form, headers } of server.forms) {
      const encoded = headers.get('Authorization')?.replace('Basic ', '') ?? ''
      expect(decodeURIComponent(atob(encoded))).toBe(`${CLIENT_ID}:${CLIENT_SECRET}`)
      expect([...form.values()].some((value) => value.includes(CLIENT_SECRET))).toBe(false)
    }
  })

  it('a key that cannot be imported is found at start, and is 502 at login', async () => {
    const key = { ...jwk, d: 'AAAA' }
    const authentication = { method: 'private_key_jwt', key } as const
    const { browser, jkt, options } = await deploy({ client: { id: CLIENT_ID, authentication } })
    await expect(checkAuthorizationServer(options)).rejects.toMatchObject({
      code: 'client_key_invalid',
    })
    expect((await browser.post('/bff/login', { jkt })).status).toBe(502)
  })
})

async function importRsa(alg: string): Promise<JoseKey> {
  const { kty, n, e } = await jwkOf(rs256.publicKey)
  const name = alg === 'PS256' ? 'RSA-PSS' : 'RSASSA-PKCS1-v1_5'
  const parameters = { name, hash: 'SHA-256' }
  return crypto.subtle.importKey('jwk', { kty, n, e } as JsonWebKey, parameters, true, ['verify'])
}
