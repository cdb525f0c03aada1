import { computeJkt, createProof } from '@tmb-kit/core'

/** A key that a thief made on his own machine, and proofs by it. */
export interface ThiefKey {
  readonly jkt: string
  prove(request: {
    htm: string
    htu: string
    accessToken?: string
    nonce?: string
  }): Promise<string>
}

export async function createThiefKey(): Promise<ThiefKey> {
  const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
  const proofKey = await crypto.subtle.generateKey(parameters, true, ['sign', 'verify'])
  return {
    jkt: await computeJkt(await crypto.subtle.exportKey('jwk', proofKey.publicKey)),
    prove: async (request) => createProof({ proofKey, ...request }),
  }
}
