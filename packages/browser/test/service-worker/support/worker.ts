import {
  installTmb,
  type FetchEvent,
  type InstallTmbOptions,
  type WorkerEvent,
  type WorkerScope,
} from '@tmb-kit/browser/service-worker'
import { vi } from 'vitest'
import { API, APP, type World } from '../../support/world.js'

/** What a script cannot set: who asks, and how. */
export interface Unsettable {
  readonly mode?: RequestMode
  readonly destination?: RequestDestination
}

/** A service worker's scope without a browser around it. */
export interface FakeWorker {
  readonly scope: WorkerScope
  readonly claim: () => Promise<void>
  /** Sends a page's request: to the worker, and to the network if the worker keeps out of it. */
  fetch(input: RequestInfo | URL, init?: RequestInit & Unsettable): Promise<Response>
  /** Whether the worker leaves a request to the browser. */
  leaves(input: RequestInfo | URL, init?: RequestInit & Unsettable): boolean
  tell(type: 'activate' | 'message', data?: unknown): Promise<void>
}

export function startWorker(world: World, options: Partial<InstallTmbOptions> = {}): FakeWorker {
  const claim = vi.fn(async () => undefined)
  const scope = Object.assign(new EventTarget(), {
    location: { href: `${APP}/sw.js` },
    clients: { claim },
  }) as unknown as WorkerScope & EventTarget
  installTmb({
    resourceServers: [API],
    backendUrl: `${APP}/bff`,
    fetch: world.fetch,
    clock: world.clock,
    scope,
    ...options,
  })

  const dispatch = (
    input: RequestInfo | URL,
    { mode, destination, ...init }: RequestInit & Unsettable = {},
  ): { request: Request; answer: Promise<Response> | undefined } => {
    const request = new Request(input, init)
    if (mode !== undefined) Object.defineProperty(request, 'mode', { value: mode })
    if (destination !== undefined) {
      Object.defineProperty(request, 'destination', { value: destination })
    }
    let answer: Promise<Response> | undefined
    const event: FetchEvent = Object.assign(new Event('fetch'), {
      request,
      respondWith: (response: Promise<Response>) => {
        answer = response
      },
    })
    scope.dispatchEvent(event)
    return { request, answer }
  }
  return {
    scope,
    claim,
    fetch: async (input, init) => {
      const { request, answer } = dispatch(input, init)
      return answer ?? world.fetch(request)
    },
    leaves: (input, init) => {
      const { answer } = dispatch(input, init)
      answer?.catch(() => undefined)
      return answer === undefined
    },
    tell: async (type, data) => {
      const works: Promise<unknown>[] = []
      const event: WorkerEvent = Object.assign(new Event(type), {
        data,
        waitUntil: (work: Promise<unknown>) => void works.push(work),
      })
      scope.dispatchEvent(event)
      await Promise.all(works)
    },
  }
}
