import type { TmbOptions } from '../create-tmb.js'
import type { WorkerScope } from './worker-scope.js'

/** What the page and its worker must agree on: use one object for both. */
export interface SharedOptions extends Omit<TmbOptions, 'location' | 'stepUp'> {
  /**
   * What happens where no worker signs. `page`, the default: the page does it itself. `refuse`: it
   * never does, and the worker keeps `/bff/token` from the pages that it controls.
   */
  readonly fallback?: 'page' | 'refuse'
}

export interface InstallTmbOptions extends SharedOptions {
  /**
   * After how long a stream of events is ended, for the page to connect again, which an
   * `EventSource` does by itself. Default: 240, less than browsers give a worker.
   */
  readonly eventStreamSeconds?: number
  /** Default: the worker's own. */
  readonly scope?: WorkerScope
}

export interface WorkerTmbOptions extends SharedOptions, Pick<TmbOptions, 'location' | 'stepUp'> {
  /** The script that calls `installTmb`. Default: `/sw.js`. */
  readonly workerUrl?: string | URL
  /** As for `navigator.serviceWorker.register`. */
  readonly registration?: RegistrationOptions
  /** Default: `navigator.serviceWorker`, where there is one. */
  readonly container?: ServiceWorkerContainer
}

const SHARED = {
  algorithm: 1,
  authorizationServer: 1,
  backendUrl: 1,
  clock: 1,
  fallback: 1,
  fetch: 1,
  onEvent: 1,
  resourceServers: 1,
  tokenEndpoint: 1,
} satisfies Record<keyof SharedOptions, unknown>

const OF_THE_WORKER = { ...SHARED, eventStreamSeconds: 1, scope: 1 } satisfies Record<
  keyof InstallTmbOptions,
  unknown
>

const OF_THE_PAGE = {
  ...SHARED,
  container: 1,
  location: 1,
  registration: 1,
  stepUp: 1,
  workerUrl: 1,
} satisfies Record<keyof WorkerTmbOptions, unknown>

/** @throws {TypeError} for an option that there is not: `fallback` misspelt would be none. */
export function assertWorkerOptions(options: InstallTmbOptions): void {
  assertKnown(options, OF_THE_WORKER)
}

/** @throws {TypeError} as {@link assertWorkerOptions} does. */
export function assertPageOptions(options: WorkerTmbOptions): void {
  assertKnown(options, OF_THE_PAGE)
}

function assertKnown(options: SharedOptions, known: object): void {
  for (const name of Object.keys(options)) if (!(name in known)) throw new TypeError(name)
  const fallbacks: readonly unknown[] = ['page', 'refuse', undefined]
  if (!fallbacks.includes(options.fallback)) throw new TypeError('fallback')
}
