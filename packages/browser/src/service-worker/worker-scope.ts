/** What a page says to a worker that does not control it yet. */
export const CLAIM = 'tmb-claim'

/** What is used of a service worker's global scope: the DOM's types do not know it. */
export interface WorkerScope {
  readonly location: { readonly href: string }
  readonly clients: { claim(): Promise<void> }
  addEventListener(type: 'activate' | 'message', listener: (event: WorkerEvent) => void): void
  addEventListener(type: 'fetch', listener: (event: FetchEvent) => void): void
}

export interface WorkerEvent extends Event {
  readonly data?: unknown
  waitUntil(work: Promise<unknown>): void
}

/** A page's request, on its way. */
export interface FetchEvent extends Event {
  readonly request: Request
  respondWith(response: Promise<Response>): void
}
