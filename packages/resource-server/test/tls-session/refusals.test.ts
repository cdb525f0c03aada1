import {
  AccessTokenError,
  type RequestConnection,
  type VerifierOptions,
} from '@tmb-kit/resource-server'
import { generateProofKey } from '@tmb-kit/testkit'
import { randomBytes } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from '../support/certificates.js'
import { LABEL, writeSessionProof, type SessionProofChanges } from '../support/session-proof.js'
import { API } from '../support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from '../support/test-world.js'

const EKM = randomBytes(32)
let certificate: TestCertificate
let stranger: TestCertificate
let world: TestWorld
beforeAll(async () => {
  certificate = await createCertificate('service')
  stranger = await createCertificate('stranger')
})
beforeEach(async () => {
  world = await createTestWorld()
})

const connect = (changes: Partial<RequestConnection> = {}): RequestConnection => ({
  clientCertificate: certificate.der,
  exportKeyingMaterial: () => EKM,
  tlsVersion: 'TLSv1.3',
  ...changes,
})

/** A request with everything right but what is changed. */
interface Case {
  readonly proof?: SessionProofChanges
  /** In place of a proof. */
  readonly header?: string | undefined
  readonly cnf?: Readonly<Record<string, unknown>>
  readonly connection?: Partial<RequestConnection>
  readonly options?: Partial<VerifierOptions>
  readonly proofFor?: string
  readonly lateSeconds?: number
}

const judge = async (changes: Case = {}) => {
  const cnf = changes.cnf ?? { 'x5t#S256': certificate.thumbprint, tls_exp: LABEL }
  const accessToken = await world.issuer.token({ claims: { cnf } })
  const told = { accessToken: changes.proofFor ?? accessToken, ekm: EKM, iat: world.clock() }
  const proof = await writeSessionProof(certificate, told, changes.proof)
  const value = 'header' in changes ? changes.header : proof
  world.clock.advance(changes.lateSeconds ?? 0)
  const request = await world.request({
    scheme: 'Bearer',
    accessToken,
    headers: { 'Session-Binding-Proof': value },
  })
  return outcomeOf(world.verifier(changes.options), request, connect(changes.connection))
}

const part = (text: string): string => Buffer.from(text).toString('base64url')
const perRequest = { jti: 'proof-1', htm: 'GET', htu: `${API}/orders` }

const REFUSED: readonly (readonly [string, string, string, () => Case | Promise<Case>])[] = [
  [
    'EKM-07: no proof',
    'session_proof_missing',
    'use_session_binding',
    () => ({ header: undefined }),
  ],
  [
    'EKM-07: an empty proof',
    'session_proof_missing',
    'use_session_binding',
    () => ({ header: '' }),
  ],
  [
    'EKM-09: two proofs',
    'session_proof_repeated',
    'invalid_proof',
    () => ({ header: 'a.b.c, a.b.c' }),
  ],
  [
    'EKM-10: two segments',
    'session_proof_malformed',
    'invalid_proof',
    () => ({ header: 'e30.e30' }),
  ],
  [
    'EKM-10: four segments',
    'session_proof_malformed',
    'invalid_proof',
    () => ({ header: 'e30.e30.e30.e30' }),
  ],
  [
    'EKM-10: padded base64url',
    'session_proof_malformed',
    'invalid_proof',
    () => ({ header: 'e30=.e30.AAAA' }),
  ],
  [
    'EKM-10: no signature',
    'session_proof_malformed',
    'invalid_proof',
    () => ({ header: 'e30.e30.' }),
  ],
  [
    'EKM-10: a member twice',
    'session_proof_malformed',
    'invalid_proof',
    () => ({
      header: `${part('{"typ":"a","typ":"tls-binding-proof+jwt"}')}.e30.AAAA`,
    }),
  ],
  [
    'EKM-10: more than 8 KiB',
    'session_proof_too_large',
    'invalid_proof',
    () => ({ header: 'a'.repeat(8193) }),
  ],
  [
    'EKM-10: the typ of a DPoP proof',
    'session_proof_type_invalid',
    'invalid_proof',
    () => ({ proof: { header: { typ: 'dpop+jwt' } } }),
  ],
  [
    'EKM-10: no typ',
    'session_proof_type_invalid',
    'invalid_proof',
    () => ({ proof: { header: { typ: undefined } } }),
  ],
  [
    'EKM-10: crit',
    'session_proof_critical_header',
    'invalid_proof',
    () => ({ proof: { header: { crit: ['b64'] } } }),
  ],
  [
    'EKM-10: alg none',
    'session_proof_algorithm_refused',
    'invalid_proof',
    () => ({ proof: { header: { alg: 'none' } } }),
  ],
  [
    'EKM-10: a symmetric alg',
    'session_proof_algorithm_refused',
    'invalid_proof',
    () => ({ proof: { header: { alg: 'HS256' } } }),
  ],
  [
    'EKM-10: RS256 with an EC key',
    'session_proof_algorithm_refused',
    'invalid_proof',
    () => ({ proof: { header: { alg: 'RS256' } } }),
  ],
  [
    'EKM-10: ES384 with a P-256 key',
    'session_proof_algorithm_refused',
    'invalid_proof',
    () => ({ proof: { header: { alg: 'ES384' } } }),
  ],
  [
    'EKM-10: the thumbprint of another certificate',
    'session_proof_certificate_mismatch',
    'invalid_proof',
    () => ({ proof: { header: { 'x5t#S256': stranger.thumbprint } } }),
  ],
  [
    'EKM-10: no thumbprint',
    'session_proof_certificate_mismatch',
    'invalid_proof',
    () => ({ proof: { header: { 'x5t#S256': undefined } } }),
  ],
  [
    'EKM-11: signed by another key',
    'session_proof_signature_invalid',
    'invalid_proof',
    async () => ({ proof: { signWith: (await generateProofKey()).privateKey } }),
  ],
  [
    'EKM-11: signed by the key of another certificate',
    'session_proof_signature_invalid',
    'invalid_proof',
    () => ({ proof: { signWith: stranger.privateKey } }),
  ],
  ...(['ath', 'ekm', 'iat'] as const).map(
    (name) =>
      [
        `EKM-11: no ${name}`,
        'session_proof_claims_invalid',
        'invalid_proof',
        () => ({ proof: { claims: { [name]: undefined } } }),
      ] as const,
  ),
  [
    'EKM-11: iat in a text',
    'session_proof_claims_invalid',
    'invalid_proof',
    () => ({ proof: { claims: { iat: '1' } } }),
  ],
  [
    'EKM-11: a fraction in iat',
    'session_proof_claims_invalid',
    'invalid_proof',
    () => ({ proof: { claims: { iat: world.clock() + 0.5 } } }),
  ],
  [
    'EKM-12: the value of another session',
    'session_proof_ekm_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { ekm: randomBytes(32).toString('base64url') } } }),
  ],
  [
    'EKM-01: 31 octets',
    'session_proof_ekm_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { ekm: EKM.subarray(0, 31).toString('base64url') } } }),
  ],
  [
    'EKM-12: a second spelling of the value',
    'session_proof_ekm_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { ekm: `${EKM.toString('base64url')}=` } } }),
  ],
  [
    'EKM-13: the proof of another token',
    'session_proof_ath_mismatch',
    'invalid_proof',
    async () => ({ proofFor: await world.issuer.token() }),
  ],
  [
    'EKM-13: the certificate of another client',
    'certificate_mismatch',
    'invalid_token',
    () => ({ connection: { clientCertificate: stranger.der } }),
  ],
  [
    'EKM-13: no certificate',
    'certificate_missing',
    'invalid_token',
    () => ({ connection: { clientCertificate: undefined } }),
  ],
  [
    'EKM-14: 61 s old',
    'session_proof_iat_outside_window',
    'invalid_proof',
    () => ({ lateSeconds: 61 }),
  ],
  [
    'EKM-14: 11 s ahead',
    'session_proof_iat_outside_window',
    'invalid_proof',
    () => ({ proof: { claims: { iat: world.clock() + 11 } } }),
  ],
  [
    'EKM-14: exp is over',
    'session_proof_validity_ended',
    'invalid_proof',
    () => ({ proof: { claims: { exp: world.clock() } } }),
  ],
  [
    'EKM-14: nbf is not yet',
    'session_proof_validity_ended',
    'invalid_proof',
    () => ({ proof: { claims: { nbf: world.clock() + 11 } } }),
  ],
  [
    'EKM-18: htm of another method',
    'session_proof_htm_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htm: 'POST' } } }),
  ],
  [
    'EKM-18: htm in lower case',
    'session_proof_htm_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htm: 'get' } } }),
  ],
  [
    'EKM-18: htu of another path',
    'session_proof_htu_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htu: `${API}/other` } } }),
  ],
  [
    'EKM-18: a jti that is no text',
    'session_proof_claims_invalid',
    'invalid_proof',
    () => ({ proof: { claims: { jti: 7 } } }),
  ],
  [
    'EKM-18: a jti of 257 characters',
    'session_proof_claims_invalid',
    'invalid_proof',
    () => ({ proof: { claims: { jti: 'j'.repeat(257) } } }),
  ],
  [
    'EKM-19: htu as a path, by default',
    'session_proof_htu_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htu: '/orders' } } }),
  ],
  [
    'EKM-19: htu as another path, with htuPathOnly',
    'session_proof_htu_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htu: '/other' } }, options: { htuPathOnly: true } }),
  ],
  [
    'EKM-19: htu as a host, with htuPathOnly',
    'session_proof_htu_mismatch',
    'invalid_proof',
    () => ({ proof: { claims: { htu: '//api.test/orders' } }, options: { htuPathOnly: true } }),
  ],
  [
    'EKM-20: no jti where it is required',
    'session_proof_request_claims_missing',
    'invalid_proof',
    () => ({
      proof: { claims: { ...perRequest, jti: undefined } },
      options: { requirePerRequestClaims: true },
    }),
  ],
  [
    'EKM-20: no htm where it is required',
    'session_proof_request_claims_missing',
    'invalid_proof',
    () => ({
      proof: { claims: { ...perRequest, htm: undefined } },
      options: { requirePerRequestClaims: true },
    }),
  ],
  [
    'EKM-20: no htu where it is required',
    'session_proof_request_claims_missing',
    'invalid_proof',
    () => ({
      proof: { claims: { ...perRequest, htu: undefined } },
      options: { requirePerRequestClaims: true },
    }),
  ],
  [
    'EKM-06: TLS 1.2',
    'session_unavailable',
    'invalid_proof',
    () => ({ connection: { tlsVersion: 'TLSv1.2' } }),
  ],
  [
    'EKM-06: a version that nobody tells',
    'session_unavailable',
    'invalid_proof',
    () => ({ connection: { tlsVersion: undefined } }),
  ],
  [
    'EKM-25: no exporter',
    'session_unavailable',
    'invalid_proof',
    () => ({ connection: { exportKeyingMaterial: undefined } }),
  ],
  [
    'EKM-01: an exporter of 31 octets',
    'session_unavailable',
    'invalid_proof',
    () => ({ connection: { exportKeyingMaterial: () => EKM.subarray(0, 31) } }),
  ],
  [
    'EKM-05: an exporter that throws, as before the handshake has ended',
    'session_unavailable',
    'invalid_proof',
    () => ({
      connection: {
        exportKeyingMaterial: () => {
          throw new Error('ERR_TLS_INVALID_STATE')
        },
      },
    }),
  ],
  [
    'EKM-08: another label',
    'session_label_unknown',
    'invalid_token',
    () => ({ cnf: { 'x5t#S256': certificate.thumbprint, tls_exp: 'EXPORTER-x' } }),
  ],
  [
    'EKM-07: a label that is no text',
    'confirmation_malformed',
    'invalid_token',
    () => ({ cnf: { 'x5t#S256': certificate.thumbprint, tls_exp: true } }),
  ],
  [
    'EKM-07: tls_exp without a certificate',
    'confirmation_malformed',
    'invalid_token',
    () => ({ cnf: { tls_exp: LABEL } }),
  ],
]

describe('a token that is bound to a TLS session is refused', () => {
  it.each(REFUSED)('%s: %s', async (_, code, error, makeCase) => {
    expect(await judge()).toMatchObject({ code: 'accepted' })
    const outcome = await judge(await makeCase())
    expect(outcome).toMatchObject({ code, status: 401 })
    expect(outcome.challenge).toMatch(new RegExp(`^Bearer error="${error}"`))
    expect(await judge()).toMatchObject({ code: 'accepted' })
  })

  it('EKM-07: tls_exp is enforced whatever the policy names', async () => {
    const options = { enforce: ['jkt'] } as const
    expect(await judge({ header: undefined, options })).toMatchObject({
      code: 'session_proof_missing',
    })
    expect(await judge({ connection: { clientCertificate: stranger.der }, options })).toMatchObject(
      {
        code: 'certificate_mismatch',
      },
    )
    expect(await judge({ options })).toMatchObject({ code: 'accepted' })
  })

  it('EKM-21: the description says which check refused, and shows nothing of token or proof', async () => {
    const descriptions = new Set<string>()
    for (const [title, code, , makeCase] of REFUSED) {
      const { challenge } = await judge(await makeCase())
      const [, description] = /error_description="([^"]+)"/.exec(challenge ?? '') ?? []
      expect(description, title).toMatch(/^[ -!#-[\]-~]+$/)
      descriptions.add(`${code} ${description ?? ''}`)
    }
    expect(descriptions.size).toBe(new Set(REFUSED.map(([, code]) => code)).size)
  })

  it('EKM-21: a refusal carries the methods that are looked at here', async () => {
    const { challenge } = await judge({ header: undefined })
    expect(challenge).toBe(
      'Bearer error="use_session_binding", ' +
        'error_description="this token requires a Session-Binding-Proof", ' +
        'supported_cnf_methods="dpop mtls tls_exp", ' +
        'DPoP algs="ES256", supported_cnf_methods="dpop mtls tls_exp"',
    )
  })

  it('EKM-21: the error of a refusal holds neither the token nor the proof', async () => {
    const cnf = { 'x5t#S256': certificate.thumbprint, tls_exp: LABEL }
    const accessToken = await world.issuer.token({ claims: { cnf } })
    const headers = { 'Session-Binding-Proof': 'canary.canary.canary' }
    const request = await world.request({ scheme: 'Bearer', accessToken, headers })
    const error: unknown = await world
      .verifier()
      .verify(request, connect())
      .catch((cause: unknown) => cause)
    expect(error).toBeInstanceOf(AccessTokenError)
    const { response, message, code } = error as AccessTokenError
    const text = JSON.stringify({ response, message, code })
    expect(text).not.toContain('canary')
    expect(text).not.toContain(accessToken)
  })
})

describe('a token that is bound to a TLS session is accepted', () => {
  it('EKM-11: with a proof by the key of the certificate, RSA and P-384 too', async () => {
    for (const options of [{ keyType: 'rsa' }, { curve: 'P-384' }] as const) {
      const own = await createCertificate('service', options)
      const cnf = { 'x5t#S256': own.thumbprint, tls_exp: LABEL }
      const accessToken = await world.issuer.token({ claims: { cnf } })
      const proof = await writeSessionProof(own, { accessToken, ekm: EKM, iat: world.clock() })
      const headers = { 'Session-Binding-Proof': proof }
      const request = await world.request({ scheme: 'Bearer', accessToken, headers })
      const outcome = await outcomeOf(
        world.verifier(),
        request,
        connect({ clientCertificate: own.der }),
      )
      expect(outcome).toMatchObject({ code: 'accepted' })
    }
  })

  it('EKM-11: not with an RSA key of 1024 bits', async () => {
    const own = await createCertificate('service', { keyType: 'rsa', keySize: 1024 })
    const cnf = { 'x5t#S256': own.thumbprint, tls_exp: LABEL }
    const accessToken = await world.issuer.token({ claims: { cnf } })
    const proof = await writeSessionProof(own, { accessToken, ekm: EKM, iat: world.clock() })
    const headers = { 'Session-Binding-Proof': proof }
    const request = await world.request({ scheme: 'Bearer', accessToken, headers })
    const outcome = await outcomeOf(
      world.verifier(),
      request,
      connect({ clientCertificate: own.der }),
    )
    expect(outcome).toMatchObject({ code: 'session_proof_algorithm_refused' })
  })

  it.each<readonly [string, Case]>([
    ['EKM-14: 60 s old', { lateSeconds: 60 }],
    ['EKM-18: with claims of its request', { proof: { claims: perRequest } }],
    [
      'EKM-18: htu in another spelling',
      { proof: { claims: { htu: 'HTTPS://API.test:443/%6frders?x=1#y' } } },
    ],
    [
      'EKM-19: htu as a path, with htuPathOnly',
      { proof: { claims: { htu: '/orders' } }, options: { htuPathOnly: true } },
    ],
    [
      'EKM-19: htu whole, with htuPathOnly',
      { proof: { claims: { htu: `${API}/orders` } }, options: { htuPathOnly: true } },
    ],
    [
      'EKM-20: with all claims where they are required',
      { proof: { claims: perRequest }, options: { requirePerRequestClaims: true } },
    ],
  ])('%s', async (_, changes) => {
    expect(await judge(changes)).toMatchObject({ code: 'accepted' })
  })

  it('EKM-01 EKM-04: the exporter is asked for 32 octets, under the label, with a context of none', async () => {
    const asked: unknown[] = []
    const exportKeyingMaterial = (...parameters: readonly unknown[]): Uint8Array => {
      asked.push(parameters)
      return EKM
    }
    await judge({ connection: { exportKeyingMaterial } })
    expect(asked).toEqual([[32, LABEL, new Uint8Array(0)]])
  })
})
