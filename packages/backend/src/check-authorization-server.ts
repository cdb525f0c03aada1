import { createAuthorizationServer } from './oauth/authorization-server.js'
import { createCallGate } from './oauth/call-gate.js'
import type { BindingMode } from './oauth/key-binding.js'
import type { BackendOptions } from './options.js'
import { parseOptions } from './settings.js'

/**
 * Fetches the authorization server's metadata, and says whether the backend can work with it: for a
 * start-up that fails with one clear sentence instead of a first login that does.
 *
 * Does not check that the client is registered there.
 *
 * @param options The same that `createBackend` gets.
 * @returns how tokens will be bound. In mode `handoff` the page has to hand over proofs.
 * @throws {TypeError} for options that cannot work.
 * @throws {AuthorizationServerError} `unavailable`, `issuer_mismatch`, `metadata_invalid`,
 *   `pkce_unsupported`, `binding_unsupported`, `response_invalid`, `client_key_invalid`
 */
export async function checkAuthorizationServer(options: BackendOptions): Promise<BindingMode> {
  const { issuer, mode, fetch, clock, onEvent, clientCredentials, clientId } = parseOptions(options)
  const usesMutualTls = clientCredentials.mutualTlsFetch !== undefined
  const gate = createCallGate({ clock, onEvent })
  const server = createAuthorizationServer({ issuer, mode, usesMutualTls, fetch, clock, gate })
  const metadata = await server.metadata()
  // Makes an assertion with each key and drops it: one that cannot be imported is found here.
  for (const authentication of clientCredentials.inOrder()) {
    const [form, headers] = [new URLSearchParams(), new Headers()]
    await authentication({ issuer: metadata.issuer }, { client_id: clientId }, form, headers)
  }
  return metadata.mode
}
