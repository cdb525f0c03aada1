/** What a service has to tell its operator. Holds no token, proof or key. */
export type ServiceEvent =
  | { readonly type: 'connection_opened'; readonly resourceServer: string }
  /** One signature: once for each token and connection, unless each request has claims of its own. */
  | { readonly type: 'proof_signed' }
  | { readonly type: 'proof_refused' }
  | { readonly type: 'access_token_refused' }
