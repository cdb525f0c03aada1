import type { SessionState, Tmb } from '@tmb-kit/browser'
import { readable, type Readable } from 'svelte/store'

/** What a page shows: the session, that it is being asked for, or that it could not be. */
export type SessionView = SessionState | { readonly kind: 'loading' } | { readonly kind: 'failed' }

/** The session as a store: `const session = sessionStore(tmb)`, and `$session.kind` in the page. */
export function sessionStore(tmb: Tmb): Readable<SessionView> {
  return readable<SessionView>({ kind: 'loading' }, (set) => {
    // On a server nobody is signed in, and nobody is to be asked.
    if (!('document' in globalThis)) return undefined

    let asked: Promise<SessionState> | undefined
    const ask = async (): Promise<void> => {
      const asking = (asked = tmb.session())
      const view = await asking.catch(() => ({ kind: 'failed' }) as const)
      // An answer to a question that was asked anew is late.
      if (asked === asking) set(view)
    }
    const stops = (['sessionended', 'sessionstarted', 'keyreplaced'] as const).map((event) =>
      tmb.on(event, () => void ask()),
    )
    void ask()
    return () => {
      for (const stop of stops) stop()
    }
  })
}
