import { backendClock } from '../backend-clock.js'
import { boundFetch } from '../bound-fetch.js'
import { capturedCrypto } from '../captured-crypto.js'
import { ed25519 } from '../ed25519.js'
import { handoff } from '../handoff.js'
import { observed } from '../observed.js'
import { openPage } from '../open-page.js'
import { ownProofs } from '../own-proofs.js'
import type { Page } from '../page.js'
import { askSession } from '../session.js'
import { tabs } from '../tabs.js'
import { TmbError } from '../tmb-error.js'
import { commandOf, isTokenRequest } from './backend-request.js'
import { endInTime } from './event-stream.js'
import type { InstallTmbOptions } from './options.js'
import { keepDemands, refuse } from './refusal.js'
import { isSignable, toSignable } from './signable-request.js'

/** Answers a page's request, or keeps out of it. */
export type AnswerTo = (request: Request) => Promise<Response> | undefined

/** @param href Where the worker's script is. */
export function openWorker(options: InstallTmbOptions, href: string): AnswerTo {
  const { eventStreamSeconds = 240, fallback } = options
  const page = openWorkerPage(options, href)
  const origins = page.resourceServers.map(({ origin }) => origin)
  if (origins.includes(new URL(href).origin)) throw new TypeError(href)

  const backendUrl = new URL(page.backendUrl, href).href
  const look = lookOnce(page)

  const orRefuse = async (request: Request, work: () => Promise<Response>): Promise<Response> => {
    const wasSignedIn = page.isSignedIn
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof TmbError)) throw error

      // Nobody has signed out, but the backend says so: the pages hear of it as of a sign-out.
      if (wasSignedIn && page.isSignedIn === undefined) page.tabs?.postMessage(undefined)
      return refuse(request, error)
    }
  }

  return (request): Promise<Response> | undefined => {
    const { url, mode } = request
    if (mode === 'navigate') {
      // A sign-in comes back as one: what was handed out before may be another user's.
      page.accessTokens.clear()
      return undefined
    }
    if (isSignable(request, origins)) {
      return orRefuse(request, async () => {
        // After a sign-out nothing is signed until the session was asked for. Here nobody else asks.
        if (page.isSignedIn === false) await look()
        return endInTime(await boundFetch(page, toSignable(request)), eventStreamSeconds)
      })
    }
    const command = commandOf(url, backendUrl, page, options)
    if (command) return orRefuse(request, async () => new Response(await command()))

    return fallback === 'refuse' && isTokenRequest(url, backendUrl)
      ? Promise.resolve(refuse(request, new TmbError('csrf_rejected')))
      : undefined
  }
}

/** A page without a window: it never signs in, and leaves an API's challenges to the pages. */
function openWorkerPage(options: InstallTmbOptions, href: string): Page {
  const { algorithm, onEvent, tokenEndpoint } = options
  const page = openPage(
    {
      ...options,
      fetch: observed(options.fetch ?? fetch, onEvent),
      location: { href, assign: () => undefined },
    },
    capturedCrypto,
    backendClock,
    ownProofs,
  )
  handoff(page, tokenEndpoint)
  if (algorithm === 'Ed25519') ed25519(page)
  keepDemands(page)
  tabs(page)
  return page
}

/** Asks for the session, once for all who ask at the same time. */
function lookOnce(page: Page): () => Promise<unknown> {
  let looking: Promise<unknown> | undefined
  return async () =>
    (looking ??= askSession(page).finally(() => {
      looking = undefined
    }))
}
