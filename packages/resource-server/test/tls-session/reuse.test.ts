import type { RequestConnection, VerifierEvent, VerifierOptions } from '@tmb-kit/resource-server'
import { readFileSync } from 'node:fs'
import { randomBytes } from 'node:crypto'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createCertificate, type TestCertificate } from '../support/certificates.js'
import { LABEL, writeSessionProof } from '../support/session-proof.js'
import { API } from '../support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from '../support/test-world.js'

let certificate: TestCertificate
let world: TestWorld
let verifications: number
beforeAll(async () => {
  certificate = await createCertificate('service')
})
beforeEach(async () => {
  world = await createTestWorld()
  verifications = 0
})

const count = (event: VerifierEvent): void => {
  if (event.type === 'session_proof_verified') verifications += 1
}
const verifierOf = (options: Partial<VerifierOptions> = {}) =>
  world.verifier({ onEvent: count, ...options })
const bound = async (claims: Readonly<Record<string, unknown>> = {}): Promise<string> =>
  world.issuer.token({
    claims: { cnf: { 'x5t#S256': certificate.thumbprint, tls_exp: LABEL }, ...claims },
  })
const open = (ekm: Uint8Array): RequestConnection => ({
  clientCertificate: certificate.der,
  exportKeyingMaterial: () => ekm,
  tlsVersion: 'TLSv1.3',
})
const present = async (accessToken: string, proof: string | undefined, method = 'GET') =>
  world.request({
    scheme: 'Bearer',
    method,
    accessToken,
    headers: { 'Session-Binding-Proof': proof },
  })

describe('EKM-15: a proof that has verified on a connection', () => {
  it('serves all requests with its token, for one signature verification in all', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    for (let request = 0; request < 100; request += 1) {
      const outcome = await outcomeOf(verifier, await present(accessToken, proof), connection)
      expect(outcome.code).toBe('accepted')
    }
    expect(verifications).toBe(1)
  })

  it('serves past its window, which counts when it is first shown', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    await verifier.verify(await present(accessToken, proof), connection)
    world.clock.advance(240)
    await verifier.verify(await present(accessToken, proof), connection)
    expect(verifications).toBe(1)
    // Another verifier sees it for the first time, and so does another connection object.
    const late = await present(accessToken, proof)
    expect(await outcomeOf(verifierOf(), late, connection)).toMatchObject({
      code: 'session_proof_iat_outside_window',
    })
  })

  it('requests that come at once share one verification', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    const requests = Array.from({ length: 50 }, async () =>
      outcomeOf(verifier, await present(accessToken, proof), connection),
    )
    const codes = (await Promise.all(requests)).map(({ code }) => code)
    expect(new Set(codes)).toEqual(new Set(['accepted']))
    expect(verifications).toBe(1)
  })

  it('is still needed on every request', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    await verifier.verify(await present(accessToken, proof), connection)
    expect(
      await outcomeOf(verifier, await present(accessToken, undefined), connection),
    ).toMatchObject({ code: 'session_proof_missing' })
  })

  it('does not cover an altered one, and an altered one does not push it out', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    await verifier.verify(await present(accessToken, proof), connection)
    const altered = `${proof.slice(0, -4)}${proof.endsWith('AAAA') ? 'BBBA' : 'AAAA'}`
    expect(
      await outcomeOf(verifier, await present(accessToken, altered), connection),
    ).toMatchObject({
      code: 'session_proof_signature_invalid',
    })
    world.clock.advance(120)
    await verifier.verify(await present(accessToken, proof), connection)
    expect(verifications).toBe(1)
  })

  it('does not cover another token, nor a token that has another proof', async () => {
    const [verifier, ekm] = [verifierOf(), randomBytes(32)]
    const connection = open(ekm)
    const [first, second] = [await bound(), await bound()]
    const iat = world.clock()
    const proofOfFirst = await writeSessionProof(certificate, { accessToken: first, ekm, iat })
    const proofOfSecond = await writeSessionProof(certificate, { accessToken: second, ekm, iat })
    await verifier.verify(await present(first, proofOfFirst), connection)
    await verifier.verify(await present(second, proofOfSecond), connection)
    expect(
      await outcomeOf(verifier, await present(second, proofOfFirst), connection),
    ).toMatchObject({
      code: 'session_proof_ath_mismatch',
    })
    await verifier.verify(await present(first, proofOfFirst), connection)
    expect(verifications).toBe(2)
  })

  it('EKM-12: does not cover a second connection of the same client', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    await verifier.verify(await present(accessToken, proof), open(ekm))
    const second = await outcomeOf(
      verifier,
      await present(accessToken, proof),
      open(randomBytes(32)),
    )
    expect(second).toMatchObject({ code: 'session_proof_ekm_mismatch', status: 401 })
    expect(second.challenge).toMatch(/^Bearer error="invalid_proof"/)
  })

  it('EKM-17: does not make an expired token good', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    await verifier.verify(await present(accessToken, proof), connection)
    world.clock.advance(301)
    expect(await outcomeOf(verifier, await present(accessToken, proof), connection)).toMatchObject({
      code: 'token_expired',
    })
  })

  it('EKM-16: is remembered with the connection, by the object that stands for it', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    const identity = {}
    await verifier.verify(await present(accessToken, proof), { ...open(ekm), identity })
    await verifier.verify(await present(accessToken, proof), { ...open(ekm), identity })
    expect(verifications).toBe(1)
    // An object of its own each time: as good as a new connection, so it is verified each time.
    await verifier.verify(await present(accessToken, proof), open(ekm))
    expect(verifications).toBe(2)
  })

  it('EKM-16: what is remembered goes when the object of the connection goes', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    const verifyOnce = async (): Promise<WeakRef<object>> => {
      const identity = {}
      await verifier.verify(await present(accessToken, proof), { ...open(ekm), identity })
      return new WeakRef(identity)
    }
    const identity = await verifyOnce()
    do {
      // Whoever asks a WeakRef holds what it leads to until the end of that turn.
      await new Promise((resolve) => setImmediate(resolve))
      collectGarbage()
    } while (identity.deref() !== undefined)
    expect(identity.deref()).toBeUndefined()
  })

  it('EKM-05: a connection whose handshake had not ended is looked at again', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const proof = await writeSessionProof(certificate, { accessToken, ekm, iat: world.clock() })
    const identity = {}
    const early = { ...open(ekm), exportKeyingMaterial: undefined, identity }
    expect(await outcomeOf(verifier, await present(accessToken, proof), early)).toMatchObject({
      code: 'session_unavailable',
    })
    await verifier.verify(await present(accessToken, proof), { ...open(ekm), identity })
    expect(verifications).toBe(1)
  })
})

describe('EKM-18: claims of one request', () => {
  it('a jti serves once, and never again after its window', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const claims = { jti: 'proof-1', htm: 'GET', htu: `${API}/orders` }
    const proof = await writeSessionProof(
      certificate,
      { accessToken, ekm, iat: world.clock() },
      { claims },
    )
    await verifier.verify(await present(accessToken, proof), connection)
    expect(await outcomeOf(verifier, await present(accessToken, proof), connection)).toMatchObject({
      code: 'session_proof_replayed',
    })
    world.clock.advance(120)
    expect(await outcomeOf(verifier, await present(accessToken, proof), connection)).toMatchObject({
      code: 'session_proof_iat_outside_window',
    })
  })

  it('htm and htu hold for each request, the first and the later ones', async () => {
    const [verifier, ekm, accessToken] = [verifierOf(), randomBytes(32), await bound()]
    const connection = open(ekm)
    const claims = { htm: 'GET', htu: `${API}/orders` }
    const proof = await writeSessionProof(
      certificate,
      { accessToken, ekm, iat: world.clock() },
      { claims },
    )
    await verifier.verify(await present(accessToken, proof), connection)
    await verifier.verify(await present(accessToken, proof), connection)
    expect(
      await outcomeOf(verifier, await present(accessToken, proof, 'POST'), connection),
    ).toMatchObject({ code: 'session_proof_htm_mismatch' })
    expect(verifications).toBe(1)
  })

  it('a store that does not answer is a 503, and no acceptance', async () => {
    const replayStore = { claim: async () => Promise.reject(new Error('the store is gone')) }
    const [verifier, ekm, accessToken] = [
      verifierOf({ replayStore }),
      randomBytes(32),
      await bound(),
    ]
    const proof = await writeSessionProof(
      certificate,
      { accessToken, ekm, iat: world.clock() },
      { claims: { jti: 'proof-1' } },
    )
    const outcome = await outcomeOf(verifier, await present(accessToken, proof), open(ekm))
    expect(outcome).toMatchObject({ code: 'replay_store_unavailable', status: 503 })
  })
})

describe('EKM-11: the vector', () => {
  const [{ input, expected }] = JSON.parse(
    readFileSync(
      new URL('../../../testkit/vectors/tls-session-binding.json', import.meta.url),
      'utf8',
    ),
  ) as [{ input: Record<string, string>; expected: Record<string, string> }]

  it.each(['proof_reusable', 'proof_per_request'] as const)(
    '%s verifies as it stands',
    async (name) => {
      const accessToken = input['access_token'] ?? ''
      const claims = { 'x5t#S256': expected['x5t#S256'], tls_exp: LABEL }
      const verifier = verifierOf({
        origins: ['https://rs.example'],
        clock: () => Number(input['verifier_clock']),
        introspection: {
          client: { id: 'rs', authentication: { method: 'client_secret_basic', secret: 's' } },
        },
        issuer: 'https://as.test',
        fetch: async (url: string | URL | Request) =>
          Response.json(
            new Request(url).url.includes('.well-known')
              ? {
                  issuer: 'https://as.test',
                  jwks_uri: 'https://as.test/jwks',
                  introspection_endpoint: 'https://as.test/introspect',
                }
              : {
                  active: true,
                  iss: 'https://as.test',
                  aud: API,
                  sub: 'service',
                  client_id: 'service',
                  exp: Number(input['verifier_clock']) + 60,
                  cnf: claims,
                },
          ),
      })
      const headers = {
        Authorization: `Bearer ${accessToken}`,
        'Session-Binding-Proof': input[name] ?? '',
      }
      const request = new Request('https://rs.example/orders', { method: 'POST', headers })
      const connection = {
        clientCertificate: new Uint8Array(Buffer.from(input['cert_der_base64'] ?? '', 'base64')),
        exportKeyingMaterial: () => new Uint8Array(Buffer.from(input['ekm_hex'] ?? '', 'hex')),
        tlsVersion: 'TLSv1.3',
      }
      const verified = await verifier.verify(request, connection)
      expect(verified.cnf).toEqual(claims)
      expect(verifications).toBe(1)
      const other = { ...connection, exportKeyingMaterial: () => randomBytes(32) }
      expect(await outcomeOf(verifier, request, other)).toMatchObject({
        code: 'session_proof_ekm_mismatch',
      })
    },
  )
})
