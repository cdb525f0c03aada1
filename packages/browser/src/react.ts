import {
  createContext,
  createElement,
  useCallback,
  useContext,
  useMemo,
  useState,
  useSyncExternalStore,
  type ReactElement,
  type ReactNode,
} from 'react'
import type { Tmb } from './create-tmb.js'
import {
  createSessionStore,
  LOADING,
  type SessionStore,
  type SessionView,
} from './session-store.js'
import { attemptStepUp, type StepUp, type StepUpLogin } from './step-up-attempt.js'

export type { SessionView } from './session-store.js'
export type { StepUp, StepUpLogin } from './step-up-attempt.js'

interface Provided {
  readonly tmb: Tmb
  readonly store: SessionStore
}

const TmbContext = /* @__PURE__ */ createContext<Provided | undefined>(undefined)

export interface TmbProviderProps {
  readonly tmb: Tmb
  readonly children?: ReactNode
}

/** Gives a page's one `Tmb` to the hooks below it, which share one look at the session. */
export function TmbProvider({ tmb, children }: TmbProviderProps): ReactElement {
  const provided = useMemo(() => ({ tmb, store: createSessionStore(tmb) }), [tmb])
  return createElement(TmbContext.Provider, { value: provided }, children)
}

/** @throws {TypeError} outside of a `TmbProvider`. */
function useProvided(): Provided {
  const provided = useContext(TmbContext)
  if (!provided) throw new TypeError('TmbProvider is missing')
  return provided
}

/** The `Tmb` of the page, for whatever has no hook. */
export function useTmb(): Tmb {
  return useProvided().tmb
}

/**
 * The session: `loading` at first, and in a server's rendering. Follows what happens in this page, in
 * other tabs and at the backend.
 */
export function useSession(): SessionView {
  const { store } = useProvided()
  // On a server nothing is ever asked, so what it reads is `loading`.
  return useSyncExternalStore(store.subscribe, store.read, readLoading)
}

const readLoading = (): SessionView => LOADING

/** Signs in. The same function from render to render, as are those below. */
export function useLogin(): Tmb['login'] {
  return useTmb().login
}

export function useLogout(): Tmb['logout'] {
  return useTmb().logout
}

/** `fetch` with a token and a proof. */
export function useTmbFetch(): Tmb['fetch'] {
  return useTmb().fetch
}

/**
 * For calls that an API may want a newer or stronger sign-in for (RFC 9470).
 *
 * @example
 * const { attempt, login } = useStepUp()
 * // in a handler: await attempt(() => fetchVault())
 * // in the page:  login && <button onClick={() => login()}>Confirm that it is you</button>
 */
export function useStepUp(): StepUp {
  const [offered, setOffered] = useState<{ readonly login: StepUpLogin }>()
  const attempt: StepUp['attempt'] = useCallback(
    async (action) => attemptStepUp(action, (login) => setOffered(login && { login })),
    [],
  )
  return { attempt, login: offered?.login }
}
