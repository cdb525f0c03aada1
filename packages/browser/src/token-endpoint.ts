import type { JsonObject } from '@tmb-kit/core'
import type { CallBackend } from './backend.js'
import type { ProofSigner } from './proof-signer.js'
import { parseSafeUrl } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/** Mode `handoff`: the authorization server's token endpoint, for which this page makes proofs. */
export interface TokenEndpoint {
  /** Takes over what `/bff/session` says. */
  learn(session: JsonObject): void
  /** A proof for one token request; `undefined` in mode `tmb`, and as long as nothing is known. */
  prove(signer: ProofSigner): Promise<string | undefined>
  /**
   * Whether an answer of `/bff/token` asks for a proof, or for another one.
   *
   * @throws {@link TmbError} `token_endpoint_refused` - it names another endpoint than
   *   `/bff/session` did, or one of another authorization server.
   */
  wantsProof(answer: JsonObject): Promise<boolean>
}

export interface TokenEndpointOptions {
  readonly call: CallBackend
  readonly authorizationServer: string | undefined
}

export function createTokenEndpoint({
  call,
  authorizationServer,
}: TokenEndpointOptions): TokenEndpoint {
  let delivered: unknown
  let algs: unknown
  let nonce: string | undefined

  const learn = (session: JsonObject): void => {
    delivered = session['token_endpoint']
    algs = session['algs']
    keepNonce(session)
  }
  const keepNonce = ({ as_nonce: offered }: JsonObject): void => {
    if (typeof offered === 'string') nonce = offered
  }

  return {
    learn,
    prove: async ({ sign, algorithm }) => {
      if (delivered === undefined) return undefined

      const url = parseSafeUrl(delivered)
      if (url === undefined || (authorizationServer ?? url.origin) !== url.origin) {
        throw new TmbError('token_endpoint_refused')
      }
      if (Array.isArray(algs) && !algs.includes(algorithm)) {
        throw new TmbError('algorithm_not_supported')
      }
      return sign({ method: 'POST', url, nonce })
    },
    wantsProof: async (answer) => {
      keepNonce(answer)
      const { error } = answer
      if (error !== 'token_endpoint_proof_required' && error !== 'as_use_dpop_nonce') return false

      if (delivered === undefined) learn((await call('session')).body)
      const named = answer['token_endpoint'] ?? answer['htu'] ?? delivered
      if (named === undefined || named !== delivered) throw new TmbError('token_endpoint_refused')
      return true
    },
  }
}
