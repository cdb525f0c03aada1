import { createAuthorizationServer } from './oauth/authorization-server.js'
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
  const { issuer, mode, fetch, clock, clientAuthentication, clientId } = parseOptions(options)
  const metadata = await createAuthorizationServer({ issuer, mode, fetch, clock }).metadata()
  // Makes one assertion and drops it: a key that cannot be imported is found here.
  const [form, headers] = [new URLSearchParams(), new Headers()]
  await clientAuthentication({ issuer: metadata.issuer }, { client_id: clientId }, form, headers)
  return metadata.mode
}
