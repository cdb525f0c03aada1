import {
  createProofSigner,
  DPOP_HEADER,
  DPOP_NONCE_HEADER,
  type ProofRequest,
  type ProofSigner,
} from '@tmb-kit/core'
import type { Answer } from './answer.js'

/** A key that nobody has seen before. */
export async function createSigner(): Promise<ProofSigner> {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256' }
  return createProofSigner(await crypto.subtle.generateKey(algorithm, false, ['sign', 'verify']))
}

/** Sends a request with a proof, and once more if the server answers with a nonce, RFC 9449 section 8. */
export async function sendWithProof(
  signer: ProofSigner,
  request: ProofRequest,
  send: (headers: Readonly<Record<string, string>>) => Promise<Answer>,
): Promise<Answer> {
  const first = await send({ [DPOP_HEADER]: await signer.sign(request) })
  const nonce = first.headers.get(DPOP_NONCE_HEADER)
  const isAsked = first.status === 400 || first.status === 401
  if (nonce === null || !isAsked) return first
  return send({ [DPOP_HEADER]: await signer.sign({ ...request, nonce }) })
}
