import { TmbError } from './tmb-error.js'
import type { Observe, SessionEndReason, TmbEventMap } from './tmb-event.js'

/** What this page believes of the session, and what it must forget when that ends. */
export interface PageSession {
  /** Another value than before: everything learned in between is void. */
  epoch(): number
  isAlive(): boolean
  /** Refuses what began in an earlier epoch, and anything after the user signed out. */
  assertCurrent(epoch: number): void
  /**
   * The backend has just shown a living session.
   *
   * @param user Tells users apart. Left out where the answer does not say.
   */
  seen(user?: string): void
  /** The session is over. Tells the page once. */
  end(reason: SessionEndReason): void
  /** Tokens are void, though the session may live on. */
  reset(): void
  /** The user of another tab's session: nothing of this page's may be signed for another one. */
  compare(user: string): void
}

export interface PageSessionOptions {
  readonly emit: <Name extends keyof TmbEventMap>(name: Name, detail: TmbEventMap[Name]) => void
  readonly observe: Observe
  /** Drops tokens and nonces. */
  readonly forget: () => void
}

export function createPageSession({ emit, observe, forget }: PageSessionOptions): PageSession {
  let epoch = 0
  let isAlive = false
  let isClosed = false
  let knownUser: string | undefined

  const reset = (): void => {
    epoch += 1
    forget()
  }
  const end = (reason: SessionEndReason): void => {
    // What only the backend said may be different at the next call: another tab can sign in.
    const isFinal = reason === 'logout' || reason === 'user_changed'
    isClosed ||= isFinal
    if (isAlive || isFinal) reset()
    if (!isAlive) return

    isAlive = false
    observe({ type: 'session_ended', reason })
    emit('sessionended', { reason })
  }

  return {
    epoch: () => epoch,
    isAlive: () => isAlive,
    assertCurrent: (started) => {
      if (isClosed || started !== epoch) throw new TmbError('no_session')
    },
    seen: (user) => {
      isAlive = true
      if (user === undefined) return

      isClosed = false
      knownUser = user
    },
    end,
    reset,
    compare: (user) => {
      if (isAlive && knownUser === user) return

      if (knownUser === undefined) forget()
      else if (knownUser !== user) end('user_changed')
      emit('sessionstarted', undefined)
    },
  }
}
