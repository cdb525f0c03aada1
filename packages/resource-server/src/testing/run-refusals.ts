import { systemClock, type Clock } from '@tmb-kit/core'
import { createProofWriter, type ProofChanges, type ProofWriter } from './proof-writer.js'
import type { CaseRequest, CaseWorld, RefusalCase } from './refusal-case.js'
import { REFUSAL_TABLE } from './refusal-table.js'

/** An API to aim at, and what a good request to it is made of. */
export interface RefusalTarget {
  /** A protected URL, without a query. */
  readonly url: string
  /** Default: `GET`. */
  readonly method?: string
  /** A good JWT access token, bound to `proofKey`, with enough scope. */
  readonly accessToken: string
  readonly proofKey: CryptoKeyPair
  /** The URL that proofs must name, where it is not `url`: behind a proxy, say. */
  readonly htu?: string
  /** Default: the whole table. */
  readonly cases?: readonly RefusalCase[]
  readonly fetch?: typeof fetch
  readonly clock?: Clock
}

/** How one case ended. Only `refused` is good. */
export type Verdict =
  | 'refused'
  /** Refused, but with another status or word than the specifications have for it. */
  | 'refused-otherwise'
  | 'accepted'
  /** 5xx: an unexpected input reached code that did not expect it. */
  | 'failed'
  /** Refused as it should be, but a good request right after was not accepted. */
  | 'good-request-refused'
  /** The request could not be sent at all. */
  | 'not-sent'

export interface RefusalResult {
  readonly refusalCase: RefusalCase
  readonly verdict: Verdict
  readonly status: number | undefined
  readonly error: string | undefined
}

/** The good request was not accepted, so that no refusal would mean anything. */
export class ControlError extends Error {
  override readonly name: string = 'ControlError'
}

interface Answer {
  readonly status: number
  readonly error: string | undefined
}

/**
 * Sends every case of the table to an API, and a good request after each.
 *
 * Does not test what only the issuer's own key could make: tokens with a good signature over bad
 * claims. The cases about claims arrive with a signature that no longer fits.
 *
 * @throws {ControlError} when the very first good request is not accepted.
 */
export async function runRefusals(target: RefusalTarget): Promise<readonly RefusalResult[]> {
  const { cases = REFUSAL_TABLE } = target
  const session = await openSession(target)
  const control = await session.good()
  if (control.status >= 400) {
    throw new ControlError(`the good request was answered ${control.status} ${control.error ?? ''}`)
  }

  const results: RefusalResult[] = []
  for (const refusalCase of cases) results.push(await runCase(refusalCase, session))
  return results
}

async function runCase(refusalCase: RefusalCase, session: Session): Promise<RefusalResult> {
  let answer: Answer
  try {
    answer = await session.send(await refusalCase.request(session.world()))
  } catch {
    // An HTTP library of ours refused the request before the API could.
    return { refusalCase, verdict: 'not-sent', status: undefined, error: undefined }
  }

  const verdict = judge(refusalCase, answer)
  if (verdict !== 'refused' || (await session.good()).status < 400) {
    return { refusalCase, verdict, ...answer }
  }
  return { refusalCase, verdict: 'good-request-refused', ...answer }
}

function judge(refusalCase: RefusalCase, { status, error }: Answer): Verdict {
  if (status >= 500) return 'failed'
  if (status < 400) return 'accepted'
  return status === refusalCase.status && error === refusalCase.error
    ? 'refused'
    : 'refused-otherwise'
}

interface Session {
  world(): CaseWorld
  send(request: CaseRequest): Promise<Answer>
  /** Sends the good request; once more with a nonce where one is asked for. */
  good(): Promise<Answer>
}

async function openSession(target: RefusalTarget): Promise<Session> {
  const {
    url,
    method = 'GET',
    accessToken,
    htu = url,
    fetch = globalThis.fetch,
    clock = systemClock,
  } = target
  const own = await createProofWriter(target.proofKey)
  const foreign = await createProofWriter(await generateForeignKey(target.proofKey))
  let nonce: string | undefined

  const write = async (writer: ProofWriter, changes?: ProofChanges): Promise<string> =>
    writer.write({ htm: method, htu, iat: clock(), accessToken, nonce }, changes)
  const world = (): CaseWorld => ({
    accessToken,
    method,
    htu,
    now: clock(),
    jwk: own.jwk,
    proof: async (changes) => write(own, changes),
    foreignProof: async (changes) => write(foreign, changes),
  })
  const send = async (request: CaseRequest): Promise<Answer> => {
    const address = request.query === undefined ? url : `${url}?${request.query}`
    const response = await fetch(address, {
      method: request.method ?? method,
      headers: request.headers,
      ...(request.body !== undefined && { body: request.body }),
    })
    nonce = response.headers.get('DPoP-Nonce') ?? nonce
    await response.body?.cancel()
    const challenge = response.headers.get('WWW-Authenticate') ?? ''
    return { status: response.status, error: /\berror="([^"]*)"/.exec(challenge)?.[1] }
  }
  const sendGood = async (): Promise<Answer> =>
    send({ headers: { Authorization: `DPoP ${accessToken}`, DPoP: await write(own) } })
  const good = async (): Promise<Answer> => {
    const answer = await sendGood()
    return answer.error === 'use_dpop_nonce' ? sendGood() : answer
  }
  return { world, send, good }
}

async function generateForeignKey({ publicKey }: CryptoKeyPair): Promise<CryptoKeyPair> {
  return (await crypto.subtle.generateKey(publicKey.algorithm, false, [
    'sign',
    'verify',
  ])) as CryptoKeyPair
}
