/**
 * Every name that crosses the wire between two roles, once.
 *
 * A role that spelled one of these by itself could drift from its peer without a compile error.
 */

/** RFC 9449 section 4.1: the request header that carries a proof. */
export const DPOP_HEADER = 'DPoP'

/** RFC 9449 section 8: the response header that offers a nonce. */
export const DPOP_NONCE_HEADER = 'DPoP-Nonce'

/** RFC 9449 section 7.1: the authentication scheme, and section 5: the `token_type`. */
export const DPOP_SCHEME = 'DPoP'

/** RFC 9449 section 4.2: the `typ` of a proof. */
export const DPOP_PROOF_TYPE = 'dpop+jwt'

/** RFC 9449 section 8: the error by which a server asks for its nonce. */
export const USE_DPOP_NONCE = 'use_dpop_nonce'

/** RFC 9449 section 5: the error for a proof that fails its checks. */
export const INVALID_DPOP_PROOF = 'invalid_dpop_proof'

/** RFC 6750 section 3.1: the error for a token that fails its checks. */
export const INVALID_TOKEN = 'invalid_token'

/** draft-richer-oauth-tmb-claim-01 section 3: the token-request parameter of deferred key binding. */
export const TMB_PARAMETER = 'tmb'

/** Authorization server metadata: whether it knows the parameter `tmb`. */
export const TMB_SUPPORTED = 'tmb_supported'

/** Authorization server metadata: the members that `tmb` may hold. */
export const TMB_CONFIRMATION_METHODS_SUPPORTED = 'tmb_confirmation_methods_supported'

/** Authorization server metadata: the grants that take `tmb`. */
export const TMB_GRANT_TYPES_SUPPORTED = 'tmb_grant_types_supported'

/** RFC 9449 section 10: binds an authorization code to a key, as `tmb` binds a token. */
export const DPOP_JKT_PARAMETER = 'dpop_jkt'

/** The member of a token call to the backend that hands a proof for the token endpoint over. */
export const TOKEN_ENDPOINT_PROOF = 'token_endpoint_proof'

/** RFC 7800 section 3.1: the claim, and the member of a token response, that names the key. */
export const CONFIRMATION_CLAIM = 'cnf'

/** The static header by which the page shows that it, not a form of another site, made a request. */
export const CSRF_HEADER = 'X-CSRF'

/** The one value of {@link CSRF_HEADER} that counts. */
export const CSRF_HEADER_VALUE = '1'

/** draft-mw-oauth-tls-session-bound-tokens-06 section 3.3.2: the header of a session-binding proof. */
export const SESSION_BINDING_PROOF_HEADER = 'Session-Binding-Proof'

/** draft-mw-oauth-tls-session-bound-tokens-06 section 2.3.1: the `typ` of a session-binding proof. */
export const SESSION_BINDING_PROOF_TYPE = 'tls-binding-proof+jwt'

/** draft-mw-oauth-tls-session-bound-tokens-06 section 2.2: the exporter's label, and the value of `tls_exp`. */
export const TLS_EXPORTER_LABEL = 'EXPORTER-oauth-tls-session-bound'

/** draft-mw-oauth-tls-session-bound-tokens-06 section 2.2: octets of the exporter's value. */
export const TLS_EXPORTER_OCTETS = 32

/** draft-mw-oauth-tls-session-bound-tokens-06 section 3.5: a session-binding proof is missing. */
export const USE_SESSION_BINDING = 'use_session_binding'

/** draft-mw-oauth-tls-session-bound-tokens-06 section 3.5: a session-binding proof fails its checks. */
export const INVALID_SESSION_PROOF = 'invalid_proof'
