import { openWorker } from './open-worker.js'
import { assertWorkerOptions, type InstallTmbOptions } from './options.js'
import { CLAIM, type WorkerScope } from './worker-scope.js'

/**
 * Makes a service worker sign the requests of its pages to the configured APIs. Call it in the
 * worker's own script, while that is first run, and before other listeners of `fetch`.
 *
 * Token and nonces live in the worker's memory, and are asked for again when the browser has ended
 * and restarted it; the key is the one of the pages, in IndexedDB. Takes over the pages that are
 * open when it is activated. Keeps out of everything else that the worker may be for.
 *
 * Does not check who in the page made a request: a hostile script there is signed for as well.
 *
 * @throws {TypeError} as `createTmb` does, and when `resourceServers` holds the application's own
 *   origin, whose own files would then be asked for with a token.
 * @example
 * // sw.js
 * installTmb({ resourceServers: ['https://api.example'] })
 */
export function installTmb(options: InstallTmbOptions): void {
  assertWorkerOptions(options)
  const { scope = globalThis as unknown as WorkerScope } = options
  const answerTo = openWorker(options, scope.location.href)

  scope.addEventListener('fetch', (event) => {
    const answer = answerTo(event.request)
    if (!answer) return

    event.stopImmediatePropagation()
    event.respondWith(answer)
  })
  const claim = async (): Promise<void> => scope.clients.claim()
  scope.addEventListener('activate', (event) => event.waitUntil(claim()))
  scope.addEventListener('message', (event) => {
    // Of a page that was loaded past the worker, as by a forced reload.
    if (event.data === CLAIM) event.waitUntil(claim())
  })
}
