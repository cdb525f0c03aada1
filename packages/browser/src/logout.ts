import { removeKey } from './key-store.js'
import { endSession, type Page } from './page.js'
import { settle } from './proof-key.js'
import { parseBackendsUrl } from './resource-server.js'

export interface LogoutOptions {
  /** Whether to go to the authorization server's sign-out page, if there is one. Default: true. */
  readonly navigate?: boolean
}

/** Ends the session here, in the other tabs and at the backend, each whatever becomes of the others. */
export async function logout(page: Page, { navigate = true }: LogoutOptions = {}): Promise<void> {
  const end = (): void => {
    endSession(page, false)
    page.tabs?.postMessage(undefined)
  }
  end()
  const told = page.call('logout', {})
  const removed = settle(removeKey(page.backendUrl))
  await Promise.allSettled([told, removed])
  // Once more: what was learned before the backend knew is of the session that is gone.
  end()

  await removed
  const { end_session_url: address } = await told
  if (address && navigate) page.location.assign(parseBackendsUrl(address))
}
