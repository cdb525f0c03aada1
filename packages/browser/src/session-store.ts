import type { Tmb } from './create-tmb.js'
import type { SessionState } from './session.js'

/** What a page shows: a session, or that it is being asked for, or that it could not be. */
export type SessionView =
  | SessionState
  | { readonly kind: 'loading' }
  | { readonly kind: 'failed'; readonly error: unknown; readonly retry: () => void }

/** The session as a value that changes, for frameworks to bind to. */
export interface SessionStore {
  /** The same object until something has changed. */
  read(): SessionView
  /** Asks for the session when the first one listens, and again when the page is told to. */
  subscribe(listener: () => void): () => void
}

/** Before the first answer, and in a server's rendering. */
export const LOADING: SessionView = { kind: 'loading' }

const NONE: SessionView = { kind: 'none' }

/**
 * Follows one page's session. Asks nothing before somebody listens, so a server can render with it.
 *
 * However often its listeners come and go at once, one request is made.
 */
export function createSessionStore(tmb: Pick<Tmb, 'session' | 'on'>): SessionStore {
  const listeners = new Set<() => void>()
  let view = LOADING
  let asked: Promise<SessionState> | undefined
  let stops: readonly (() => void)[] = []

  const show = (next: SessionView): void => {
    view = next
    for (const listener of [...listeners]) listener()
  }
  const ask = (): void => {
    const asking = (asked = tmb.session())
    const settle = (next: SessionView): void => {
      // An answer to a question that was asked anew is late.
      if (asked !== asking) return

      asked = undefined
      show(next)
    }
    asking.then(settle, (error: unknown) => settle({ kind: 'failed', error, retry: ask }))
  }
  const follow = (): void => {
    stops = [
      tmb.on('sessionended', () => {
        // What it showed is gone, whatever the backend says next.
        show(NONE)
        // A question that is under way sees to it itself, and may have led to this.
        if (!asked) ask()
      }),
      tmb.on('sessionstarted', ask),
      tmb.on('keyreplaced', ask),
    ]
    ask()
  }
  const leave = (): void => {
    if (listeners.size) return

    for (const stop of stops) stop()
    stops = []
  }
  return {
    read: () => view,
    subscribe: (listener) => {
      // Each call is a listener of its own, also with a function that listens already.
      const own = (): void => {
        listener()
      }
      listeners.add(own)
      if (!stops.length) follow()
      return () => {
        listeners.delete(own)
        // A framework that tries its components twice is back before this.
        queueMicrotask(leave)
      }
    },
  }
}
