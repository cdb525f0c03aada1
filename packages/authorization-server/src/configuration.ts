import type { BoundToken } from './bound-models.js'
import { CLIENT_METADATA, findMetadataMistake } from './client-metadata.js'
import { CONFIRMATION_METHODS, type ConfirmationMethod } from './confirmation.js'
import { JWT_TYPE } from './exchange/token-types.js'
import type {
  OidcConfiguration,
  OidcExtraTokenClaims,
  OidcJwtCustomizer,
  OidcMetadataValidator,
} from './oidc-provider.js'

/**
 * oidc-provider's configuration with what the plugin needs in it. The caller's own client metadata
 * and JWT customizer stay in force.
 *
 * @param invalidMetadata Makes the error by which oidc-provider refuses a registration.
 * @throws {TypeError} when the metadata of a configured client is contradictory.
 */
export function withKeyBinding(
  configuration: OidcConfiguration,
  invalidMetadata: (sentence: string) => Error,
): OidcConfiguration {
  const supported = supportedMethods(configuration)
  assertClients(configuration, supported)
  const { extraClientMetadata = {}, formats } = configuration
  const { properties = [], validator } = extraClientMetadata

  const validate: OidcMetadataValidator = (ctx, name, value, metadata) => {
    if (properties.includes(name)) validator?.(ctx, name, value, metadata)
    const mistake =
      name === CLIENT_METADATA[0] ? findMetadataMistake(metadata, supported) : undefined
    if (mistake !== undefined) throw invalidMetadata(mistake)
  }
  return {
    ...configuration,
    extraClientMetadata: {
      ...extraClientMetadata,
      properties: [...new Set([...properties, ...CLIENT_METADATA])],
      validator: validate,
    },
    formats: {
      ...formats,
      customizers: { ...formats?.customizers, jwt: withOwnMembers(formats?.customizers?.jwt) },
    },
    extraTokenClaims: withActor(configuration.extraTokenClaims),
  }
}

/** Members that this provider can carry into every place where a token's `cnf` is read. */
export function supportedMethods({ features }: OidcConfiguration): readonly ConfirmationMethod[] {
  // The signed introspection answer is made where nobody else can add a member to it.
  const isSigned = features?.['jwtIntrospection']?.enabled === true
  return CONFIRMATION_METHODS.filter((method) => !(isSigned && method === 'tls_exp'))
}

/** oidc-provider looks at configured clients when they are first used: too late for an operator. */
function assertClients(
  { clients = [], clientDefaults }: OidcConfiguration,
  supported: readonly ConfirmationMethod[],
): void {
  for (const client of clients) {
    const mistake = findMetadataMistake({ ...clientDefaults, ...client }, supported)
    if (mistake !== undefined) {
      throw new TypeError(`client ${String(client['client_id'])}: ${mistake}`)
    }
  }
}

function withOwnMembers(customize: OidcJwtCustomizer | undefined): OidcJwtCustomizer {
  if (customize === undefined) return (_ctx, token, jwt) => addOwnMembers(token, jwt)
  return async (ctx, token, jwt) => {
    await customize(ctx, token, jwt)
    addOwnMembers(token, jwt)
  }
}

function addOwnMembers(
  { tls_exp: tlsExp, issuedTokenType }: BoundToken,
  jwt: Parameters<OidcJwtCustomizer>[2],
): void {
  if (tlsExp !== undefined) {
    jwt.payload['cnf'] = { ...(jwt.payload['cnf'] as object), tls_exp: tlsExp }
  }
  // RFC 9068 section 4: with this type no resource server takes it for an access token.
  if (issuedTokenType === JWT_TYPE) jwt.header = { ...jwt.header, typ: 'JWT' }
}

/** Among the claims of the operator, since those reach the JWT and introspection alike. */
function withActor(own: OidcExtraTokenClaims | undefined): OidcExtraTokenClaims {
  if (own === undefined) return (_ctx, { act }: BoundToken) => (act === undefined ? act : { act })
  return async (ctx, token: BoundToken) => {
    const claims = await own(ctx, token)
    return token.act === undefined ? claims : { ...claims, act: token.act }
  }
}
