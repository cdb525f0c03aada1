import type { Page } from './page.js'
import { loadProofKey } from './proof-key.js'
import { parseBackendsUrl } from './resource-server.js'
import { TmbError } from './tmb-error.js'

/** What a sign-in may ask for. The backend judges each. */
export interface LoginOptions {
  /** A path of this application. Default: where the page is. */
  readonly returnTo?: string | undefined
  readonly prompt?: string | undefined
  readonly maxAgeSeconds?: number | undefined
  readonly acrValues?: string | undefined
  readonly loginHint?: string | undefined
  readonly uiLocales?: string | undefined
  readonly scope?: string | undefined
  readonly resource?: string | undefined
}

/** Step 1 of docs/flow.md: hands the backend this browser's jkt, and goes to the sign-in page. */
export async function login(page: Page, options: LoginOptions = {}): Promise<never> {
  if (globalThis.top !== globalThis.self) throw new TmbError('frame_not_allowed')

  const { href } = page.location
  const { jkt } = await loadProofKey(page)
  const asked = { returnTo: href.slice(new URL(href).origin.length), ...options, jkt }
  const content: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(asked)) {
    // On the wire they are snake case, and without their unit: maxAgeSeconds is max_age.
    const member = name
      .replace('Seconds', '')
      .replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
    content[member] = value
  }
  const answer = await page.call('login', content)
  page.location.assign(parseBackendsUrl(answer['authorization_url'], page.authorizationServer))
  // A caller that went on would do so in a page that is going away.
  return new Promise<never>(() => undefined)
}
