import type { JsonObject } from '@tmb-kit/core'
import { endSession, type Page } from './page.js'
import type { TmbEventName } from './tmb-event.js'

/**
 * What tabs tell each other. Nothing: the user has signed out. A name: what it says. `signingin`:
 * another tab leaves for a sign-in. A list: a session was seen, and of which user.
 */
type TabMessage = TmbEventName | 'signingin' | readonly unknown[] | null | undefined

/**
 * A part of a page: hears at once of a sign-in, a sign-out, another user or another key in another
 * tab, and tells the others. No message has anything signed: each makes this page do less, or look.
 *
 * Users are told apart by `sub`, so the operator has to list that claim.
 */
export function tabs(page: Page): void {
  const { call } = page
  const channel = new BroadcastChannel(page.backendUrl)
  let user: unknown
  // Another tab may come back with another user, and tell it only when it has loaded.
  let isDoubtful = false

  channel.addEventListener('message', ({ data: told }: MessageEvent<TabMessage>) => {
    if (told === 'signingin') isDoubtful = true
    else if (Array.isArray(told)) {
      isDoubtful = false
      const { isSignedIn } = page
      if (isSignedIn && user === told[0]) return

      // Of another user: nothing that this page holds may be used any more.
      if (isSignedIn) endSession(page, false)
      page.tell?.('sessionstarted')
    } else {
      endSession(page, false)
      if (told) page.tell?.(told as TmbEventName)
    }
  })
  page.tabs = channel

  const meet = async ({ active, jkt, claims }: JsonObject): Promise<void> => {
    const signer = await page.proofKey
    if (!active || signer?.jkt !== jkt) return

    const { sub } = Object(claims) as JsonObject
    const isKnown = user === sub
    if (page.isSignedIn && user !== undefined && !isKnown) endSession(page, false)
    if (!page.isSignedIn || !isKnown) channel.postMessage([sub])
    user = sub
  }
  page.call = async (endpoint, content) => {
    if (endpoint === 'login') channel.postMessage('signingin')
    const answer = await call(endpoint, content)
    if (endpoint === 'session') await meet(answer)
    // A token does not say whose it is.
    if (endpoint === 'token' && isDoubtful) await page.call('session')
    return answer
  }
}
