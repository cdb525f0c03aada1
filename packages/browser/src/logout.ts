import type { CallBackend } from './backend.js'
import { goTo, type PageLocation } from './page-location.js'
import type { PageSession } from './page-session.js'
import type { ProofKey } from './proof-key.js'
import type { Tabs } from './tabs.js'

export interface LogoutOptions {
  /** Whether to sign out at the authorization server too, which leaves the page. Default: true. */
  readonly navigate?: boolean
}

export interface SignOutOptions {
  readonly call: CallBackend
  readonly proofKey: ProofKey
  readonly page: PageSession
  readonly tabs: Tabs
  readonly location: PageLocation
}

/** Ends the session here, in the other tabs, and at the backend: each step whatever became of the others. */
export async function signOut(
  { call, proofKey, page, tabs, location }: SignOutOptions,
  { navigate = true }: LogoutOptions = {},
): Promise<void> {
  const end = (): void => {
    page.end('logout')
    tabs.tell({ ended: true })
  }
  end()
  const [removed, answered] = await Promise.allSettled([proofKey.remove(), call('logout', {})])
  // Once more: what was learned before the backend knew is of the session that is gone.
  end()

  if (answered.status === 'rejected') throw answered.reason
  const { body, error } = answered.value
  if (error !== undefined) throw error
  const address = body['end_session_url']
  if (navigate && typeof address === 'string') goTo(location, address)
  if (removed.status === 'rejected') throw removed.reason
}
