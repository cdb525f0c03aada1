import type { IncomingMessage } from 'node:http'
import type {
  OidcContext,
  OidcInteraction,
  OidcInteractionResult,
  OidcMiddleware,
  OidcProvider,
} from '@tmb-kit/authorization-server'
import { errorPage, indexPage } from './plain-pages.js'
import type { DemoSettings } from './settings.js'
import { signInPage } from './sign-in-page.js'
import { checkPassword } from './users.js'

const PATH = /^\/interaction\/([\w-]{1,64})$/
const MAX_FORM_OCTETS = 4096

/** The one context class that a sign-in here reaches. */
export const PASSWORD_ACR = 'urn:tmb-kit:demo:password'

/** RFC 8176: what the demo's sign-in consists of. */
const AUTHENTICATION_METHODS = ['pwd'] as const

/** The address at which the user is asked. */
export function interactionUrl({ uid }: { readonly uid: string }): string {
  return `/interaction/${uid}`
}

/** A page to show, or the user's answer for oidc-provider to go on with. */
type Outcome =
  | { readonly kind: 'page'; readonly status: number; readonly page: string }
  | { readonly kind: 'answered'; readonly result: OidcInteractionResult }

/** What oidc-provider leaves to us: asking the user who he is. Consent is given without asking. */
export function interactions(provider: OidcProvider, settings: DemoSettings): OidcMiddleware {
  return async function interactions(ctx, next) {
    const uid = PATH.exec(ctx.path)?.[1]
    const isInteraction = uid !== undefined && ['GET', 'POST'].includes(ctx.method)
    const isIndex = ctx.path === '/' && ctx.method === 'GET'
    if (!isInteraction && !isIndex) return next()

    const outcome = isInteraction
      ? await ask(await findInteraction(provider, ctx, uid), ctx.req, settings)
      : page(200, indexPage(settings))
    ctx.set('Cache-Control', 'no-store')
    if (outcome.kind === 'page') {
      ctx.status = outcome.status
      ctx.type = 'html'
      ctx.body = outcome.page
      return undefined
    }
    // oidc-provider writes its redirect past Koa.
    ctx.respond = false
    return provider.interactionFinished(ctx.req, ctx.res, outcome.result)
  }
}

/** @returns `undefined` for one that is unknown, expired, or another browser's. */
async function findInteraction(
  provider: OidcProvider,
  { req, res }: OidcContext,
  uid: string,
): Promise<OidcInteraction | undefined> {
  try {
    const interaction = await provider.interactionDetails(req, res)
    return interaction.uid === uid ? interaction : undefined
  } catch {
    // The library says in an error that there is none. The page says so to the user.
    return undefined
  }
}

async function ask(
  interaction: OidcInteraction | undefined,
  request: IncomingMessage,
  settings: DemoSettings,
): Promise<Outcome> {
  if (interaction === undefined) {
    return page(400, errorPage({ ...settings, error: 'invalid_request' }))
  }
  const { prompt, params } = interaction
  if (prompt.name !== 'login') return { kind: 'answered', result: { consent: {} } }

  const again = !prompt.reasons.includes('no_session')
  if (request.method === 'GET') {
    const login = typeof params['login_hint'] === 'string' ? params['login_hint'] : ''
    return page(200, signInPage({ ...settings, login, failed: false, again }))
  }
  if (!isOwnForm(request)) return page(403, errorPage({ ...settings, error: 'access_denied' }))

  const form = await readForm(request)
  const login = form.get('login') ?? ''
  const user = checkPassword(login, form.get('password') ?? '')
  if (user === undefined) {
    return page(422, signInPage({ ...settings, login, failed: true, again }))
  }
  const how = { acr: PASSWORD_ACR, amr: AUTHENTICATION_METHODS }
  return { kind: 'answered', result: { login: { accountId: user.login, ...how } } }
}

function page(status: number, text: string): Outcome {
  return { kind: 'page', status, page: text }
}

/**
 * Whether a form of this origin was sent. The cookie alone does not say so: to a browser all ports of
 * localhost are one site.
 */
function isOwnForm({ headers }: IncomingMessage): boolean {
  const site = headers['sec-fetch-site']
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') === true
  return isForm && (site === undefined || site === 'same-origin')
}

async function readForm(request: IncomingMessage): Promise<URLSearchParams> {
  const chunks: Buffer[] = []
  let octets = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    octets += chunk.length
    // Longer than a name and a password: the rest is read, so that there can be an answer, and lost.
    if (octets <= MAX_FORM_OCTETS) chunks.push(chunk)
  }
  return new URLSearchParams(Buffer.concat(chunks).toString('utf8'))
}
