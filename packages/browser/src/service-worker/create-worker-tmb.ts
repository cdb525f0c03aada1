import { serverOf } from '../bound-fetch.js'
import { openWholePage, tmbOf, type Tmb } from '../create-tmb.js'
import type { Page } from '../page.js'
import { TmbError } from '../tmb-error.js'
import { commandUrl } from './backend-request.js'
import { assertPageOptions, type WorkerTmbOptions } from './options.js'
import { throwRefusal } from './refusal.js'
import { linkWorker, type Signer } from './worker-link.js'

/** A `Tmb` whose worker signs, if there is one. Else the page does, unless `fallback` refuses that. */
export interface WorkerTmb extends Tmb {
  /** Who signs at this moment. `worker`: plain requests to the APIs are signed as well. */
  readonly signer: Signer
  /** Resolves with who signs, in three seconds at most. Never rejects. */
  readonly ready: Promise<Signer>
}

/**
 * Makes a page's one {@link WorkerTmb}, and registers the service worker.
 *
 * `fetch`, `session` and `renew` go through the worker that controls the page, and to the page's own
 * hands where there is none. `authorize` is for the page's own hands only: beside a worker it throws
 * `header_not_allowed`, since the worker adds the headers to whatever is sent without.
 *
 * @throws {TypeError} as `createTmb` does.
 * @example
 * const tmb = createWorkerTmb({ workerUrl: '/sw.js', resourceServers: ['https://api.example'] })
 * if ((await tmb.ready) === 'worker') image.src = 'https://api.example/photo'
 */
export function createWorkerTmb(options: WorkerTmbOptions): WorkerTmb {
  assertPageOptions(options)
  const { fetch: send = fetch, fallback } = options
  const page = openWholePage(options)
  const own = tmbOf(page)
  const link = linkWorker(page.backendUrl, send, options)
  const isSigning = async (): Promise<boolean> => {
    if (fallback === 'refuse') await link.ready
    return link.isSigning()
  }
  askThroughWorker(page, send, isSigning, fallback === 'refuse')

  return {
    ...own,
    get signer() {
      return link.signer()
    },
    ready: link.ready,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      return (await isSigning()) ? fetchThroughWorker(page, request) : own.fetch(request)
    },
    authorize: async (request) => {
      if (await isSigning()) throw new TmbError('header_not_allowed')
      return own.authorize(request)
    },
    renew: async () => {
      if (!(await isSigning())) return own.renew()
      const url = commandUrl(page.backendUrl, 'renew')
      const response = await send(url, { method: 'POST' }).catch(() => undefined)
      if (!response) throw new TmbError('backend_unavailable')
      await throwRefusal(page, response)
    },
  }
}

async function fetchThroughWorker(page: Page, request: Request): Promise<Response> {
  serverOf(page, request)
  if (page.isSignedIn === false) throw new TmbError('no_session')

  const sent = new Request(request, { credentials: 'omit', redirect: 'error' })
  const response = await page.fetch(sent)
  await throwRefusal(page, response)
  return response
}

/** Asks the worker for the session: in mode `handoff` that may bring a token, which stays there. */
function askThroughWorker(
  page: Page,
  sendPlain: typeof fetch,
  isSigning: () => Promise<boolean>,
  isRefused: boolean,
): void {
  const { call, send } = page
  page.send = async (url, init) =>
    url === `${page.backendUrl}/session` && (await isSigning())
      ? sendPlain(commandUrl(page.backendUrl, 'session'), {
          method: 'POST',
          signal: init.signal ?? null,
        })
      : send(url, init)

  const WITHOUT_TOKEN = ['login', 'logout']
  page.call = async (endpoint, content) => {
    if (isRefused && !WITHOUT_TOKEN.includes(endpoint) && !(await isSigning())) {
      throw new TmbError('service_worker_unavailable')
    }
    return call(endpoint, content)
  }
}
