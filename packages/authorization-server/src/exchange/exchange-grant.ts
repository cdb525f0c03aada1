import { isJsonObject, type Clock, type JsonObject } from '@tmb-kit/core'
import type { BoundToken } from '../bound-models.js'
import type { Confirmation } from '../confirmation.js'
import { KeyBindingError } from '../errors.js'
import type { KeyBindingEventSink } from '../events.js'
import type { OidcClient, OidcConfiguration, OidcContext, OidcProvider } from '../oidc-provider.js'
import type { TokenRequest } from '../token-request.js'
import { actorOf } from './actor.js'
import { entitlementOf } from './entitlement.js'
import { exchangeBindingOf } from './exchange-binding.js'
import { createExchangePolicies, type TokenExchangeOptions } from './exchange-policy.js'
import { parseExchangeRequest, type ExchangeRequest } from './exchange-request.js'
import { createOwnJwtReader } from './own-jwt.js'
import { provePossession } from './possession.js'
import { readToken } from './read-token.js'
import { findTarget, type ExchangeTarget } from './target.js'
import { ACCESS_TOKEN_TYPE, TOKEN_EXCHANGE } from './token-types.js'

export interface TokenExchangeGrantOptions {
  readonly provider: OidcProvider
  readonly configuration: OidcConfiguration
  readonly exchange: TokenExchangeOptions
  readonly emit: KeyBindingEventSink
  readonly clock: Clock
}

/** Answers one token exchange. The request's `tmb` was read, and its client authenticated. */
export type TokenExchangeGrant = (ctx: OidcContext, request: TokenRequest) => Promise<void>

/**
 * The grant of RFC 8693: a token for one service, in exchange for the token of a call that came in.
 *
 * Checks, in this order: the client's permission, the subject token, who may exchange it, the actor, the
 * target, the binding. Does not check: whether a JWT was revoked, for which nobody keeps a record. Issues
 * no refresh token. The issued token does not outlive the subject token.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8693#section-2
 */
export function createTokenExchangeGrant(options: TokenExchangeGrantOptions): TokenExchangeGrant {
  const { provider, configuration, exchange, emit, clock } = options
  const policies = createExchangePolicies(exchange)
  const { findAccount = () => true } = configuration
  const jwks = (configuration.jwks?.keys ?? []).filter(isJsonObject)
  const reading = {
    provider,
    findAccount,
    readOwnJwt: createOwnJwtReader({ issuer: provider.issuer, jwks, clock }),
  }

  return async (ctx, tokenRequest) => {
    const client = ctx.oidc?.client
    const policy = policies.get(client?.clientId ?? '')
    if (client === undefined || policy === undefined) {
      throw new KeyBindingError('exchange_not_permitted')
    }
    const { clientId } = client
    const request = parseExchangeRequest(ctx.oidc?.params ?? {})
    const { subjectToken: value, actorToken: actorValue } = request
    const subjectToken = await readToken(ctx, value, {
      ...reading,
      refusal: 'subject_token_invalid',
    })
    const actorToken =
      actorValue === undefined
        ? undefined
        : await readToken(ctx, actorValue, { ...reading, refusal: 'actor_token_invalid' })

    const possession = await provePossession(ctx, {
      subjectToken: value,
      tokenEndpoint: provider.urlFor('token'),
      configuration,
      clock,
      replayStore: {
        claim: async (_jkt, jti, expiresAt) =>
          provider.ReplayDetection.unique(clientId, jti, expiresAt),
      },
    })
    const entitlement = entitlementOf(subjectToken, { clientId, policy, possession })
    const act = actorOf(subjectToken, { clientId, issuer: provider.issuer, actorToken })
    const target = await findTarget(ctx, { policy, request, subjectToken, configuration })
    const cnf = exchangeBindingOf(subjectToken, {
      asked: tokenRequest.asked,
      client,
      possession,
      actorToken,
    })

    tokenRequest.endBy(subjectToken.exp)
    const token = createToken(provider, { client, accountId: subjectToken.subject, target })
    Object.assign(token, { ...cnf, act, issuedTokenType: request.issuedTokenType })
    ctx.oidc?.entity('AccessToken', token)
    ctx.body = answerOf(await token.save(), { token, request, target, cnf })
    emit({
      type: 'token_exchanged',
      clientId,
      subject: subjectToken.subject,
      subjectClientId: subjectToken.clientId,
      actor: String(act['sub']),
      entitlement,
      resource: target.resource,
      scope: target.scope,
      cnf,
    })
  }
}

interface CreateTokenOptions {
  readonly client: OidcClient
  readonly accountId: string
  readonly target: ExchangeTarget
}

function createToken(
  { AccessToken, ResourceServer }: OidcProvider,
  { client, accountId, target: { resource, info, scope } }: CreateTokenOptions,
): BoundToken {
  const resourceServer = new ResourceServer(resource, info)
  return new AccessToken({ client, accountId, gty: TOKEN_EXCHANGE, resourceServer, scope })
}

interface AnswerOptions {
  readonly token: BoundToken
  readonly request: ExchangeRequest
  readonly target: ExchangeTarget
  readonly cnf: Confirmation | undefined
}

/** RFC 8693 section 2.2.1. */
function answerOf(
  accessToken: string,
  { token, request: { issuedTokenType }, target: { scope }, cnf }: AnswerOptions,
): JsonObject {
  return {
    access_token: accessToken,
    issued_token_type: issuedTokenType,
    token_type: issuedTokenType === ACCESS_TOKEN_TYPE ? token.tokenType : 'N_A',
    expires_in: token.expiration,
    scope,
    ...(cnf === undefined ? {} : { cnf }),
  }
}
