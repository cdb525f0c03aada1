import { isJsonObject, type Clock } from '@tmb-kit/core'
import { ClientSecretBasic, PrivateKeyJwt, TlsClientAuth, type ClientAuth } from 'oauth4webapi'
import { assertKnownOptions } from '../option-checks.js'
import { assertKeyShape, importClientAuthKey, type ClientAuthKey } from './client-keys.js'
import { createMutualTlsFetch, type ClientCertificate } from './mutual-tls.js'

/** How the backend shows the authorization server that it is the client. */
export type ClientAuthentication =
  | (ClientAuthKey & {
      /** RFC 7523: an assertion with `aud` = issuer, 60 s of life and a fresh `jti`. */
      readonly method: 'private_key_jwt'
    })
  | {
      readonly method: 'private_key_jwt'
      /**
       * While keys are rotated: the newest first, and it signs. A server that answers
       * `invalid_client`, because it does not know it yet, is asked again with the next.
       */
      readonly keys: readonly ClientAuthKey[]
    }
  | {
      readonly method: 'client_secret_basic'
      readonly secret: string
    }
  | (ClientCertificate & {
      /** RFC 8705 section 2, on Node: these are presented in the TLS handshake. */
      readonly method: 'tls_client_auth'
    })
  | {
      readonly method: 'tls_client_auth'
      /** Elsewhere: presents the certificate by the platform's own means. */
      readonly fetch: typeof fetch
    }

/** The client's credentials, ready for use. */
export interface ClientCredentials {
  /** What to authenticate with: the first one, and the next where the server does not know it. */
  inOrder(): readonly ClientAuth[]
  /** The authorization server does not know the client by this: others are tried before it. */
  noteRefused(authentication: ClientAuth): void
  /** Presents the client's certificate. Absent: any fetch will do. */
  readonly mutualTlsFetch: typeof fetch | undefined
}

/** How long a refused key comes after the others: by then it may have been registered. */
const REFUSAL_MEMORY_SECONDS = 600

/**
 * Prepares the client's authentication. A signing key is imported when it is first needed.
 *
 * @throws {TypeError} when there is none, or its shape is wrong.
 * @see https://www.rfc-editor.org/rfc/rfc9700#section-2.5
 */
export function createClientCredentials(
  authentication: ClientAuthentication,
  { clock }: { readonly clock: Clock },
): ClientCredentials {
  const value: unknown = authentication
  if (!isJsonObject(value)) {
    throw new TypeError(
      'client.authentication is missing: the backend is a confidential client, give private_key_jwt, client_secret_basic or tls_client_auth',
    )
  }

  switch (authentication.method) {
    case 'client_secret_basic':
      assertKnownOptions('client.authentication', value, ['method', 'secret'])
      if (typeof value['secret'] !== 'string' || value['secret'] === '') {
        throw new TypeError('client.authentication.secret must be the secret of the client')
      }
      return credentialsOf([ClientSecretBasic(value['secret'])], clock)

    case 'private_key_jwt':
      return credentialsOf(keysOf(authentication).map(assertionBy), clock)

    case 'tls_client_auth': {
      const mutualTlsFetch = mutualTlsFetchOf(authentication)
      return { ...credentialsOf([TlsClientAuth()], clock), mutualTlsFetch }
    }

    default:
      throw new TypeError(
        'client.authentication.method must be private_key_jwt, client_secret_basic or tls_client_auth',
      )
  }
}

function credentialsOf(all: readonly ClientAuth[], clock: Clock): ClientCredentials {
  let preferred = 0
  let preferredUntil = 0

  return {
    mutualTlsFetch: undefined,
    inOrder: () => {
      if (clock() >= preferredUntil) preferred = 0
      return [...all.slice(preferred), ...all.slice(0, preferred)]
    },
    noteRefused: (authentication) => {
      if (all[preferred] !== authentication) return

      preferred = (preferred + 1) % all.length
      preferredUntil = clock() + REFUSAL_MEMORY_SECONDS
    },
  }
}

type PrivateKeyJwtOptions = Extract<ClientAuthentication, { readonly method: 'private_key_jwt' }>

function keysOf(authentication: PrivateKeyJwtOptions): readonly ClientAuthKey[] {
  if (!('keys' in authentication)) {
    assertKnownOptions('client.authentication', authentication, ['method', 'key', 'kid', 'alg'])
    assertKeyShape(authentication.key)
    return [authentication]
  }

  assertKnownOptions('client.authentication', authentication, ['method', 'keys'])
  const { keys } = authentication
  if (!((keys as unknown) instanceof Array) || keys.length === 0) {
    throw new TypeError('client.authentication.keys must hold at least one key, the newest first')
  }
  for (const each of keys) {
    assertKnownOptions('client.authentication.keys', each, ['key', 'kid', 'alg'])
    assertKeyShape(each.key)
  }
  return keys
}

function assertionBy(clientAuthKey: ClientAuthKey): ClientAuth {
  let prepared: Promise<ClientAuth> | undefined
  return async (...request) => {
    prepared ??= importClientAuthKey(clientAuthKey).then(PrivateKeyJwt)
    await (
      await prepared
    )(...request)
  }
}

type MutualTlsOptions = Extract<ClientAuthentication, { readonly method: 'tls_client_auth' }>

function mutualTlsFetchOf(authentication: MutualTlsOptions): typeof fetch {
  if (!('fetch' in authentication)) {
    const names = ['method', 'certificate', 'key', 'ca']
    assertKnownOptions('client.authentication', authentication, names)
    return createMutualTlsFetch(authentication)
  }

  assertKnownOptions('client.authentication', authentication, ['method', 'fetch'])
  if (typeof (authentication.fetch as unknown) !== 'function') {
    throw new TypeError('client.authentication.fetch must be a function')
  }
  return authentication.fetch
}
