import { requestAccessToken } from './access-token.js'
import type { Page } from './page.js'
import type { ProofSigner } from './proof-signer.js'
import { parseSafeUrl } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/**
 * Mode `handoff`: makes proofs for the authorization server's token endpoint, for the backend to
 * hand on.
 *
 * For one address only: the configured one, else the first that the backend names. A proof for
 * anything else than that address and POST is never made, and none holds an `ath`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-5
 */
export function handoff(page: Page): void {
  let { tokenEndpoint } = page
  let algs: unknown
  let nonce: string | undefined

  // What any answer may say: of the session, of a token that wants a proof, or another nonce.
  page.learn = ({ token_endpoint, htu = token_endpoint, algs: named, as_nonce }) => {
    tokenEndpoint ??= parseEndpoint(page, htu)
    // Both members, when they are there, must agree with what is known.
    for (const other of [token_endpoint, htu]) {
      if (other !== undefined && other !== tokenEndpoint) throw new TmbError('url_refused')
    }
    algs = named ?? algs
    nonce = (as_nonce ?? nonce) as string
  }

  const prove = async ({ alg, sign }: ProofSigner): Promise<string | undefined> => {
    if (!tokenEndpoint) return undefined
    if (Array.isArray(algs) && !algs.includes(alg)) throw new TmbError('algorithm_not_supported')
    return sign({ method: 'POST', url: tokenEndpoint }, nonce)
  }

  page.handOff = async (signer, ask) => {
    // The first is asked for where nothing is known yet, and once more where a waiting code took it.
    const proof = 'token_endpoint_proof_required'
    const demands: unknown[] = [proof, proof, 'as_use_dpop_nonce']
    for (;;) {
      try {
        return await ask(await prove(signer))
      } catch (error) {
        const { code } = error as TmbError
        const demand = demands.indexOf(code)
        if (!tokenEndpoint || demand < 0) throw error
        demands.splice(demand, 1)
      }
    }
  }

  // Past the cache: what it holds is of the session before.
  const redeem = async (): Promise<TmbError | undefined> => {
    const [server] = page.resourceServers
    const asked = requestAccessToken(page, server)
    try {
      await asked
      if (server) page.accessTokens.set(server, asked)
      return undefined
    } catch (error) {
      return error as TmbError
    } finally {
      redeeming = undefined
    }
  }
  let redeeming: Promise<TmbError | undefined> | undefined
  page.redeem = async () => (redeeming ??= redeem())
}

/** @throws {@link TmbError} `url_refused` */
function parseEndpoint({ authorizationServer }: Page, address: unknown): string | undefined {
  if (address === undefined) return undefined

  const url = parseSafeUrl(address)
  if (!url || (authorizationServer ?? url.origin) !== url.origin) throw new TmbError('url_refused')
  return address as string
}
