import {
  AccessTokenError,
  createVerifier,
  type Verifier,
  type VerifierOptions,
} from '@tmb-kit/resource-server'
import {
  createProofFactory,
  generateProofKey,
  jktOf,
  testClock,
  type ProofChanges,
  type TestClock,
} from '@tmb-kit/testkit'
import { API, createTestIssuer, ISSUER, type TestIssuer, type TokenChanges } from './test-issuer.js'

/** One request, everything right but what is changed here. */
export interface RequestChanges {
  readonly url?: string
  readonly method?: string
  readonly htm?: string
  readonly htu?: string
  readonly scheme?: string
  readonly headers?: Readonly<Record<string, string | undefined>>
  readonly body?: BodyInit
  readonly token?: TokenChanges
  /** In place of a token of the issuer. */
  readonly accessToken?: string
  readonly proof?: ProofChanges
  readonly proofKey?: CryptoKeyPair
  /** Which token the proof is about, if not the one that goes along. */
  readonly proofFor?: string
}

/** A clock, an issuer, a key, and requests made with them. */
export interface TestWorld {
  readonly clock: TestClock
  readonly issuer: TestIssuer
  readonly proofKey: CryptoKeyPair
  readonly jkt: string
  verifier(options?: Partial<VerifierOptions>): Verifier
  request(changes?: RequestChanges): Promise<Request>
}

export async function createTestWorld(): Promise<TestWorld> {
  const clock = testClock()
  const proofKey = await generateProofKey()
  const jkt = await jktOf(proofKey)
  const issuer = await createTestIssuer({ clock, claims: { cnf: { jkt } } })

  return {
    clock,
    issuer,
    proofKey,
    jkt,
    verifier: (options = {}) =>
      createVerifier({
        origins: [API],
        issuer: ISSUER,
        audience: API,
        ...(options.issuer === undefined && { jwks: issuer.jwks() }),
        clock,
        ...options,
      }),
    request: async (changes = {}) => {
      const { url = `${API}/orders`, method = 'GET', scheme = 'DPoP' } = changes
      const accessToken = changes.accessToken ?? (await issuer.token(changes.token))
      const factory = await createProofFactory({
        proofKey: changes.proofKey ?? proofKey,
        htm: changes.htm ?? method,
        htu: changes.htu ?? `${API}${new URL(url).pathname}`,
        accessToken: changes.proofFor ?? accessToken,
        clock,
      })
      const headers = new Headers({ Authorization: `${scheme} ${accessToken}` })
      if (scheme === 'DPoP') headers.set('DPoP', await factory.with(changes.proof ?? {}))
      for (const [name, value] of Object.entries(changes.headers ?? {})) {
        if (value === undefined) headers.delete(name)
        else headers.set(name, value)
      }
      return new Request(url, { method, headers, body: changes.body ?? null })
    },
  }
}

/** What came of a request: the code and the answer of a refusal, or `accepted`. */
export async function outcomeOf(
  verifier: Verifier,
  request: Request,
  connection?: Parameters<Verifier['verify']>[1],
): Promise<{ readonly code: string; readonly status: number; readonly challenge: string | null }> {
  try {
    await verifier.verify(request, connection)
    return { code: 'accepted', status: 200, challenge: null }
  } catch (error) {
    if (!(error instanceof AccessTokenError)) throw error

    const response = error.toResponse()
    const challenge = response.headers.get('WWW-Authenticate')
    return { code: error.code, status: response.status, challenge }
  }
}
