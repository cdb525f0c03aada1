import { DPOP_HEADER, DPOP_NONCE_HEADER, type Clock, type JsonObject } from '@tmb-kit/core'
import {
  allowInsecureRequests,
  clockSkew,
  customFetch,
  genericTokenEndpointRequest,
  pushedAuthorizationRequest,
  revocationRequest,
  type AuthorizationServer as OAuthServer,
  type Client,
  type ClientAuth,
} from 'oauth4webapi'
import type { CallGate } from './call-gate.js'
import type { ClientCredentials } from './client-authentication.js'
import { createGuardedFetch, CALL_DEADLINE_SECONDS } from './guarded-fetch.js'
import type { AuthorizationServerMetadata } from './metadata.js'
import { isClientRefused, readOAuthAnswer } from './oauth-answer.js'

/** Parameters of a form. A list repeats its name. */
export type FormParameters = Readonly<Record<string, readonly string[] | string | undefined>>

/** The back channel: authenticated requests to the authorization server. */
export interface OAuthClient {
  /** RFC 9126. @returns the `request_uri`, if the answer has one. */
  push(server: AuthorizationServerMetadata, parameters: FormParameters): Promise<JsonObject>
  /** RFC 6749 section 3.2. The answer is not judged. */
  requestToken(server: AuthorizationServerMetadata, form: TokenForm): Promise<JsonObject>
  /** RFC 7009. @returns whether the authorization server took it. */
  revoke(server: AuthorizationServerMetadata, token: string, hint: TokenHint): Promise<boolean>
}

export interface TokenForm {
  readonly grantType: 'authorization_code' | 'refresh_token'
  readonly parameters: FormParameters
  readonly headers: Readonly<Record<string, string>>
}

export type TokenHint = 'access_token' | 'refresh_token'

export interface OAuthClientOptions {
  readonly clientId: string
  readonly credentials: ClientCredentials
  readonly fetch: typeof fetch
  readonly clock: Clock
  readonly gate: CallGate
  /** Is told every `DPoP-Nonce` of the token endpoint, RFC 9449 section 8. */
  readonly onDpopNonce: (nonce: string) => void
}

/** The answer to a refresh is worth waiting for after its callers gave up: it may rotate the token. */
const REFRESH_DEADLINE_SECONDS = 3 * CALL_DEADLINE_SECONDS

/**
 * Makes the requests of RFC 6749, 7009 and 9126 with the client's credentials.
 *
 * Each goes out once: an authorization code or a refresh token that was sent may be used up. The one
 * exception is a client that the server did not know by its newest key: then it has read no further,
 * and the next key is tried. A proof is never sent twice, not even then.
 */
export function createOAuthClient(options: OAuthClientOptions): OAuthClient {
  const { clientId, credentials, clock, gate } = options
  const fetch = credentials.mutualTlsFetch ?? options.fetch
  const client = (): Client => ({
    client_id: clientId,
    [clockSkew]: clock() - Math.floor(Date.now() / 1000),
  })
  const over = (deadlineSeconds: number) => ({
    // Endpoints without https were refused already, except those on loopback.
    [allowInsecureRequests]: true,
    [customFetch]: createGuardedFetch({ fetch, gate, deadlineSeconds }),
  })
  const calls = over(CALL_DEADLINE_SECONDS)
  const refreshCalls = over(REFRESH_DEADLINE_SECONDS)

  const authenticated = async (
    send: (authentication: ClientAuth) => Promise<Response>,
    { mayRepeat = true } = {},
  ): Promise<Response> => {
    const [first, ...others] = credentials.inOrder()
    if (first === undefined) throw new TypeError('a client has credentials')

    let response = await send(first)
    let refused = first
    for (const next of others) {
      if (!(await isClientRefused(response))) return response

      credentials.noteRefused(refused)
      if (!mayRepeat) return response
      response = await send(next)
      refused = next
    }
    return response
  }

  return {
    push: async (server, parameters) => {
      const form = toForm(parameters)
      return readOAuthAnswer(
        await authenticated(async (authentication) =>
          pushedAuthorizationRequest(toServer(server), client(), authentication, form, calls),
        ),
      )
    },
    requestToken: async (server, { grantType, parameters, headers }) => {
      const exchange = grantType === 'refresh_token' ? refreshCalls : calls
      const response = await authenticated(
        async (authentication) =>
          genericTokenEndpointRequest(
            toServer(server),
            client(),
            authentication,
            grantType,
            toForm(parameters),
            { ...exchange, headers: { ...headers } },
          ),
        { mayRepeat: headers[DPOP_HEADER] === undefined },
      )
      const nonce = response.headers.get(DPOP_NONCE_HEADER)
      if (nonce !== null) options.onDpopNonce(nonce)
      return readOAuthAnswer(response)
    },
    revoke: async (server, token, hint) => {
      if (server.revocation_endpoint === undefined) return false

      const { status } = await authenticated(async (authentication) =>
        revocationRequest(toServer(server), client(), authentication, token, {
          ...calls,
          additionalParameters: { token_type_hint: hint },
        }),
      )
      return status === 200
    },
  }
}

export function toForm(parameters: FormParameters): URLSearchParams {
  return new URLSearchParams(
    Object.entries(parameters).flatMap(([name, value = []]) =>
      [value].flat().map((single) => [name, single]),
    ),
  )
}

function toServer(metadata: AuthorizationServerMetadata): OAuthServer {
  return metadata as unknown as OAuthServer
}
