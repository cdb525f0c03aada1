import { createProof, hmacNonceSource, memoryReplayStore, verifyProof } from '@tmb-kit/core'
import { AccessTokenError, createVerifier, type VerifierOptions } from '@tmb-kit/resource-server'
import { hasPassed, replayStoreContract, runRefusals } from '@tmb-kit/resource-server/testing'
import {
  createProofFactory,
  generateProofKey,
  jktOf,
  signRawJws,
  testClock,
} from '@tmb-kit/testkit/portable'
import proofVectors from '../../../testkit/vectors/dpop-proof.json' with { type: 'json' }

/** One thing that must be so on every runtime. `run` rejects where it is not. */
export interface PortableCase {
  readonly title: string
  run(): Promise<void>
}

const ISSUER = 'https://as.test'
const API = 'https://api.test'
const clock = testClock()

function assert(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

async function createWorld(algorithm: 'ES256' | 'Ed25519', options: Partial<VerifierOptions> = {}) {
  const proofKey = await generateProofKey(algorithm)
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const signingKey = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  const publicJwk = await crypto.subtle.exportKey('jwk', signingKey.publicKey)
  const keys = [
    { kty: publicJwk.kty, crv: publicJwk.crv, x: publicJwk.x, y: publicJwk.y, kid: 'k' },
  ]
  const claims = {
    iss: ISSUER,
    sub: 'alice',
    aud: API,
    exp: clock() + 300,
    iat: clock(),
    jti: 'token',
    client_id: 'backend',
    cnf: { jkt: await jktOf(proofKey) },
  }
  const header = { typ: 'at+jwt', alg: 'ES256', kid: 'k' }
  const accessToken = await signRawJws(header, JSON.stringify(claims), signingKey.privateKey)
  // Makes a request, as a runtime's own fetch does: not each of them knows every option.
  const issuerFetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> =>
    new Request(input, init).url.endsWith('/jwks')
      ? Response.json({ keys })
      : Response.json({ issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` })
  const verifier = createVerifier({
    origins: [API],
    issuer: ISSUER,
    audience: API,
    algorithms: [algorithm],
    fetch: issuerFetch,
    clock,
    ...options,
  })
  const apiFetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    try {
      await verifier.verify(new Request(input, init))
      return new Response('orders')
    } catch (error) {
      return error instanceof AccessTokenError
        ? error.toResponse()
        : new Response('', { status: 500 })
    }
  }
  return { proofKey, accessToken, fetch: apiFetch, url: `${API}/orders`, clock }
}

const secrets = ['a secret of thirty-two bytes or more']

export const PORTABLE_CASES: readonly PortableCase[] = [
  {
    title: 'the published proofs are accepted at their time',
    run: async () => {
      for (const { input, expected } of proofVectors) {
        const { proof, clock: now, ...request } = input
        const verified = await verifyProof(proof, { ...request, clock: () => now })
        assert(verified.jkt === expected.jkt, 'another thumbprint')
      }
    },
  },
  ...(['ES256', 'Ed25519'] as const).flatMap((algorithm): readonly PortableCase[] => [
    {
      title: `a proof made with ${algorithm} is verified, and once only`,
      run: async () => {
        const proofKey = await generateProofKey(algorithm)
        const request = { htm: 'GET', htu: `${API}/x`, accessToken: 'token', clock }
        const proof = await createProof({ ...request, proofKey })
        const options = {
          ...request,
          algorithms: [algorithm],
          replayStore: memoryReplayStore({ clock }),
        }
        await verifyProof(proof, options)
        const replay = await verifyProof(proof, options).catch((error: unknown) => error)
        assert((replay as { code?: string }).code === 'proof_replayed', 'a replay was accepted')
      },
    },
  ]),
  {
    title: 'the refusal table is refused whole, with keys that were discovered',
    run: async () => {
      const results = await runRefusals(await createWorld('ES256'))
      const bad = results.filter(({ verdict }) => verdict !== 'refused')
      assert(results.length >= 200, 'too few cases')
      assert(
        hasPassed(results),
        bad.map(({ refusalCase, verdict }) => `${refusalCase.title}: ${verdict}`).join('; '),
      )
    },
  },
  {
    title: 'the refusal table is refused whole where nonces are asked for',
    run: async () => {
      const nonceSource = hmacNonceSource({ secrets, clock })
      assert(
        hasPassed(await runRefusals(await createWorld('ES256', { nonceSource }))),
        'not refused',
      )
    },
  },
  {
    title: 'Ed25519 keys of small order are refused',
    run: async () => {
      const proofKey = await generateProofKey('Ed25519')
      const factory = await createProofFactory({ proofKey, htm: 'GET', htu: `${API}/x`, clock })
      const jwk = { kty: 'OKP', crv: 'Ed25519', x: `AQ${'A'.repeat(41)}` }
      const proof = await factory.with({ header: { jwk } })
      const refused = await verifyProof(proof, {
        htm: 'GET',
        htu: `${API}/x`,
        algorithms: ['Ed25519'],
        clock,
      }).catch((error: unknown) => error)
      assert((refused as { code?: string }).code === 'proof_jwk_invalid', 'a weak key was accepted')
    },
  },
  ...replayStoreContract(async () => memoryReplayStore()).map(({ title, run }) => ({
    title: `the memory store ${title}`,
    run,
  })),
]

/** What came of each case: nothing, or the message of its failure. */
export async function runPortableCases(): Promise<
  readonly { readonly title: string; readonly failure?: string }[]
> {
  const results = []
  for (const { title, run } of PORTABLE_CASES) {
    try {
      await run()
      results.push({ title })
    } catch (error) {
      results.push({ title, failure: String(error) })
    }
  }
  return results
}
