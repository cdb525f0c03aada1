import type { CallBackend } from './backend.js'
import { goTo, type PageLocation } from './page-location.js'
import type { PageSession } from './page-session.js'
import type { ProofKey } from './proof-key.js'
import { TmbError } from './tmb-error.js'
import type { Observe } from './tmb-event.js'

/** What a sign-in may ask for. The backend judges each. */
export interface LoginOptions {
  /** A path of this application. Default: where the page is. */
  readonly returnTo?: string
  readonly prompt?: string
  readonly maxAgeSeconds?: number
  readonly acrValues?: string
  readonly loginHint?: string
  readonly uiLocales?: string
  readonly scope?: string
  readonly resource?: string
}

export interface SignInOptions {
  readonly call: CallBackend
  readonly proofKey: ProofKey
  readonly page: PageSession
  readonly observe: Observe
  readonly location: PageLocation
  readonly authorizationServer: string | undefined
}

/** Step 1 of docs/flow.md: hands the backend this browser's jkt, and goes to the sign-in page. */
export async function signIn(options: SignInOptions, login: LoginOptions = {}): Promise<never> {
  const { call, proofKey, page, observe, location, authorizationServer } = options
  if (globalThis.top !== globalThis.self) throw new TmbError('login_in_frame')

  const { href } = location
  const { origin } = new URL(href)
  const { jkt } = await proofKey.load()
  const epoch = page.epoch()
  const { body, error } = await call('login', {
    jkt,
    return_to: login.returnTo ?? href.slice(origin.length),
    scope: login.scope,
    resource: login.resource,
    prompt: login.prompt,
    max_age: login.maxAgeSeconds,
    acr_values: login.acrValues,
    login_hint: login.loginHint,
    ui_locales: login.uiLocales,
  })
  if (error !== undefined) throw error
  if (epoch !== page.epoch()) throw new TmbError('no_session')

  observe({ type: 'login_started', jkt })
  goTo(location, body['authorization_url'], authorizationServer)
  // The page is left now. A caller that went on would do so in a page that is going away.
  return new Promise<never>(() => undefined)
}
