import type { AccessTokenErrorCode } from '../access-token-error.js'
import { REFUSALS } from '../refusal.js'
import type { ProofChanges } from './proof-writer.js'

/** A request to send, as far as it differs from the good one. */
export interface CaseRequest {
  readonly headers: Readonly<Record<string, string>>
  readonly method?: string
  readonly body?: string
  /** Added to the URL as it is. */
  readonly query?: string
}

/** What a case may use to make its request: everything that a good request is made of. */
export interface CaseWorld {
  readonly accessToken: string
  readonly method: string
  /** The URL that a proof must name. */
  readonly htu: string
  readonly now: number
  /** The public key as a proof shows it. */
  readonly jwk: Readonly<Record<string, unknown>>
  /** A good proof with some members changed. */
  proof(changes?: ProofChanges): Promise<string>
  /** A proof made with a key that is not the token's. */
  foreignProof(changes?: ProofChanges): Promise<string>
}

/** One request with exactly one thing wrong. */
export interface RefusalCase {
  /** The rule that it breaks: a requirement, or an RFC and its section. */
  readonly rule: string
  /** What is wrong, in words that fit after "a request with". */
  readonly title: string
  /** How this kit calls the reason. Another server need not tell. */
  readonly reason: AccessTokenErrorCode
  readonly status: number
  /** The `error` of the challenge; `undefined` where there must be none. */
  readonly error: string | undefined
  request(world: CaseWorld): Promise<CaseRequest>
}

type Make = (world: CaseWorld) => CaseRequest | Promise<CaseRequest>

export function refusalCase(
  rule: string,
  reason: AccessTokenErrorCode,
  title: string,
  make: Make,
): RefusalCase {
  const { status, error } = REFUSALS[reason]
  return { rule, title, reason, status, error, request: async (world) => make(world) }
}

/** The headers of a good request, with another proof. */
export function withProof(world: CaseWorld, proof: string): CaseRequest {
  return { headers: { Authorization: `DPoP ${world.accessToken}`, DPoP: proof } }
}

/** Cases that change members of a good proof before it is signed. */
export function proofCases(
  rule: string,
  reason: AccessTokenErrorCode,
  changes: Readonly<Record<string, ProofChanges | ((world: CaseWorld) => ProofChanges)>>,
): readonly RefusalCase[] {
  return Object.entries(changes).map(([title, change]) =>
    refusalCase(rule, reason, title, async (world) =>
      withProof(world, await world.proof(typeof change === 'function' ? change(world) : change)),
    ),
  )
}

/** Cases that do something to a good proof after it was signed. */
export function spoiledProofCases(
  rule: string,
  reason: AccessTokenErrorCode,
  spoilers: Readonly<Record<string, (proof: string) => string>>,
): readonly RefusalCase[] {
  return Object.entries(spoilers).map(([title, spoil]) =>
    refusalCase(rule, reason, title, async (world) => withProof(world, spoil(await world.proof()))),
  )
}
