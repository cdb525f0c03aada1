import { DPOP_HEADER, DPOP_NONCE_HEADER, type JsonObject } from '@tmb-kit/core'
import { assertIssued, assertSameConfirmation, type Answer } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { createSigner, sendWithProof } from '../proof-sender.js'
import { DRAFT, type Requirement } from '../requirement.js'
import type { ServerUnderTest } from '../server-under-test.js'
import { confirmationOf, JKT, TMB } from './values.js'

/** Keys of a `DPoP` header have no part in a binding by `tmb`, and bind as ever without it. */
export const PROOFS: readonly Requirement[] = [
  {
    id: 'AS-07a',
    source: DRAFT,
    title: 'with tmb, a valid proof of another key takes no part',
    check: async (server) => {
      const parameters = { ...(await server.grant()), tmb: TMB }
      const answer = await server.token({ parameters, headers: await strangerProof(server) })
      await assertBoundTo(server, answer, { jkt: JKT })
    },
  },
  {
    id: 'AS-07b',
    source: DRAFT,
    title: 'with tmb, a malformed DPoP header does no harm, and draws no nonce',
    check: async (server) => {
      const parameters = { ...(await server.grant()), tmb: TMB }
      const answer = await server.token({ parameters, headers: { [DPOP_HEADER]: 'x' } })
      await assertBoundTo(server, answer, { jkt: JKT })
      if (answer.headers.has(DPOP_NONCE_HEADER)) throw new NotMet('the answer has a nonce')
    },
  },
  {
    id: 'AS-15b',
    source: 'RFC 9449 section 5',
    title: 'without tmb, a proof binds the token to its own key',
    check: async (server) => {
      if (server.metadata['dpop_signing_alg_values_supported'] === undefined) {
        throw new NotTried('the server does not know DPoP')
      }
      const signer = await createSigner()
      const parameters = await server.grant()
      const request = { htm: 'POST', htu: server.endpoint('token_endpoint') }
      const answer = await sendWithProof(signer, request, async (headers) =>
        server.token({ parameters, headers }),
      )
      await assertBoundTo(server, answer, { jkt: signer.jkt })
    },
  },
]

async function assertBoundTo(
  server: ServerUnderTest,
  answer: Answer,
  cnf: JsonObject,
): Promise<void> {
  assertIssued(answer)
  assertSameConfirmation(await confirmationOf(server, answer), cnf, 'the access token')
}

/** A valid proof for the token endpoint, of a key that `tmb` does not name. */
async function strangerProof(server: ServerUnderTest): Promise<Readonly<Record<string, string>>> {
  const signer = await createSigner()
  const request = { htm: 'POST', htu: server.endpoint('token_endpoint') }
  return { [DPOP_HEADER]: await signer.sign(request) }
}
