import type { JsonObject } from '@tmb-kit/core'
import { requestAccessToken } from './access-token.js'
import { isSignedOut, type Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import { assertAlgorithm } from './proof-signer.js'
import { parseBackendsUrl, type ResourceServer } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/**
 * A part of a page, for mode `handoff`: makes proofs for the authorization server's token endpoint,
 * for the backend to hand on, and ends the wait of a sign-in.
 *
 * For one address only: the configured one, else the first that the backend names. A proof for
 * anything else than that address and POST is never made, and none holds an `ath`.
 *
 * @param tokenEndpoint The configured address.
 * @see https://www.rfc-editor.org/rfc/rfc9449#section-5
 */
export function handoff(page: Page, tokenEndpoint?: string): void {
  const { call, learn } = page
  let algs: readonly string[] | undefined
  let nonce: string | undefined

  // What any answer may say: of the session, of a token that wants a proof, or another nonce.
  page.learn = (answer, response) => {
    const named = answer['token_endpoint'] ?? answer['htu'] ?? tokenEndpoint
    if (named) parseBackendsUrl(named, tokenEndpoint ? undefined : page.authorizationServer)
    tokenEndpoint ??= named as string
    if (named !== tokenEndpoint) throw new TmbError('url_refused')

    algs = (answer['algs'] ?? algs) as typeof algs
    nonce = (answer['as_nonce'] ?? nonce) as string
    return learn?.(answer, response)
  }

  const prove = async (): Promise<string | undefined> => {
    if (!tokenEndpoint) return undefined

    const signer = await loadProofKey(page)
    assertAlgorithm(signer, algs)
    return signer.sign({ method: 'POST', url: tokenEndpoint }, nonce)
  }
  const askToken = async (content: JsonObject | undefined): Promise<JsonObject> => {
    // The first is asked for where nothing is known yet, and once more where a waiting code took it.
    const proof = 'token_endpoint_proof_required'
    const demands: unknown[] = [proof, proof, 'as_use_dpop_nonce']
    for (;;) {
      try {
        return await call('token', { ...content, token_endpoint_proof: await prove() })
      } catch (error) {
        const demand = demands.indexOf((error as TmbError).code)
        if (!tokenEndpoint || demand < 0) throw error
        demands.splice(demand, 1)
      }
    }
  }

  let redeeming: Promise<void> | undefined
  // Past the cache: what it holds is of the session before.
  const redeem = async (): Promise<void> => {
    const server = page.resourceServers[0] as ResourceServer
    const asked = requestAccessToken(page, server)
    await asked
    page.accessTokens.set(server, asked)
  }
  const askSession = async (): Promise<JsonObject> => {
    const waiting = await call('session')
    if (!waiting['pending']) return waiting

    const { jkt } = await loadProofKey(page)
    // A session of another key is what the page must be told.
    if (waiting['jkt'] !== jkt) return { ...waiting, active: true }

    redeeming ??= redeem().finally(() => (redeeming = undefined))
    const failure = await redeeming.catch((error: unknown) => error as TmbError)
    const answer = await call('session')
    if (failure && !answer['active'] && !isSignedOut(failure.code)) throw failure
    return answer
  }

  page.call = async (endpoint, content) => {
    if (endpoint === 'session') return askSession()
    return endpoint === 'token' ? askToken(content) : call(endpoint, content)
  }
}
