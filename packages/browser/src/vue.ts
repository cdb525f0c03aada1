import {
  inject,
  onMounted,
  onUnmounted,
  shallowReadonly,
  shallowRef,
  type InjectionKey,
  type Plugin,
  type ShallowRef,
} from 'vue'
import type { Tmb } from './create-tmb.js'
import { createSessionStore, type SessionStore, type SessionView } from './session-store.js'
import { attemptStepUp, type StepUp, type StepUpLogin } from './step-up-attempt.js'

export type { SessionView } from './session-store.js'
export type { StepUpLogin } from './step-up-attempt.js'

interface Provided {
  readonly tmb: Tmb
  readonly store: SessionStore
}

const PROVIDED = 'tmb-kit' as unknown as InjectionKey<Provided>

/**
 * Gives a page's one `Tmb` to an application, whose components share one look at the session.
 *
 * @example
 * createApp(App).use(tmbPlugin(tmb)).mount('#app')
 */
export function tmbPlugin(tmb: Tmb): Plugin {
  return {
    install: (app) => void app.provide(PROVIDED, { tmb, store: createSessionStore(tmb) }),
  }
}

/** @throws {TypeError} in an application without `tmbPlugin`. */
function useProvided(): Provided {
  const provided = inject(PROVIDED, undefined)
  if (!provided) throw new TypeError('tmbPlugin is missing')
  return provided
}

/** The `Tmb` of the page, for whatever has no composable. */
export function useTmb(): Tmb {
  return useProvided().tmb
}

/**
 * The session: `loading` at first, and in a server's rendering. Follows what happens in this page, in
 * other tabs and at the backend, from when the component is mounted.
 */
export function useSession(): Readonly<ShallowRef<SessionView>> {
  const { store } = useProvided()
  const session = shallowRef(store.read())
  const update = (): void => {
    session.value = store.read()
  }
  let stop: (() => void) | undefined
  onMounted(() => {
    stop = store.subscribe(update)
    update()
  })
  onUnmounted(() => stop?.())
  return shallowReadonly(session)
}

/** Signs in. */
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

/** As in React, with `login` as a ref. */
export interface VueStepUp {
  readonly login: Readonly<ShallowRef<StepUpLogin | undefined>>
  readonly attempt: StepUp['attempt']
}

/**
 * For calls that an API may want a newer or stronger sign-in for (RFC 9470).
 *
 * @example
 * const { attempt, login } = useStepUp()
 * // in a handler:  await attempt(() => fetchVault())
 * // in a template: <button v-if="login" @click="login()">Confirm that it is you</button>
 */
export function useStepUp(): VueStepUp {
  const login = shallowRef<StepUpLogin>()
  return {
    login: shallowReadonly(login),
    attempt: async (action) =>
      attemptStepUp(action, (go) => {
        login.value = go
      }),
  }
}
