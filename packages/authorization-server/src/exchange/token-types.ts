/** RFC 8693 section 2.1: the `grant_type` of a token exchange. */
export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** RFC 8693 section 3: an access token of this issuer. */
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/** RFC 8693 section 3: a JWT that is no access token. */
export const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt'

/** What an exchange can give. */
export type IssuedTokenType = typeof ACCESS_TOKEN_TYPE | typeof JWT_TYPE
