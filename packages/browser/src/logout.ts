import { callBackend } from './backend.js'
import { removeKey } from './key-store.js'
import { leaveFor } from './login.js'
import { endSession, type Page } from './page.js'
import { settle } from './proof-key.js'

/** Ends the session here, in the other tabs and at the backend, each whatever becomes of the others. */
export async function logout(page: Page): Promise<void> {
  const end = (): void => {
    endSession(page, false)
    page.tabs?.postMessage(undefined)
  }
  end()
  const told = callBackend(page, 'logout', {})
  const removed = settle(removeKey(page.backendUrl))
  await Promise.allSettled([told, removed])
  // Once more: what was learned before the backend knew is of the session that is gone.
  end()

  await removed
  const { end_session_url: address } = await told
  if (address) leaveFor(page, address)
}
