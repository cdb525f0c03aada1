import {
  createWorkerTmb,
  type WorkerTmb,
  type WorkerTmbOptions,
} from '@tmb-kit/browser/service-worker'
import { vi } from 'vitest'
import { API, APP, type World } from '../../support/world.js'
import { startWorker, type FakeWorker } from './worker.js'

/** `navigator.serviceWorker` of one page, under the test's hand. */
export class FakeContainer extends EventTarget {
  controller: object | null = null
  readonly postMessage = vi.fn()
  readonly register = vi.fn(async () => ({ active: { postMessage: this.postMessage } }))
  #worker: FakeWorker | undefined

  /** The worker takes this page over, or another one does, or none. */
  control(worker: FakeWorker | undefined): void {
    this.#worker = worker
    this.controller = worker ? {} : null
    this.dispatchEvent(new Event('controllerchange'))
  }

  fetchOf(world: World): typeof fetch {
    return async (input, init) =>
      this.#worker ? this.#worker.fetch(input, init) : world.fetch(input, init)
  }
}

export interface WorkerPage {
  readonly tmb: WorkerTmb
  readonly container: FakeContainer
  readonly visited: readonly string[]
  /** What the page itself has sent and got: its scripts could have read that. */
  readonly exchanges: readonly { readonly url: string; readonly body: string }[]
}

export interface WorkerPageOptions extends Partial<WorkerTmbOptions> {
  /** The one that controls the page from its beginning. */
  readonly worker?: FakeWorker | undefined
}

/** Opens a page that wants a worker to sign. */
export function openWorkerPage(
  world: World,
  { worker, ...options }: WorkerPageOptions = {},
): WorkerPage {
  const container = new FakeContainer()
  if (worker) container.control(worker)
  const visited: string[] = []
  const exchanges: { url: string; body: string }[] = []
  const send = container.fetchOf(world)
  const tmb = createWorkerTmb({
    resourceServers: [API],
    backendUrl: `${APP}/bff`,
    clock: world.clock,
    location: { href: `${APP}/orders`, assign: (url) => void visited.push(String(url)) },
    fetch: async (input, init) => {
      const url = input instanceof Request ? input.url : String(input)
      const response = await send(input, init)
      exchanges.push({ url, body: await response.clone().text() })
      return response
    },
    container: container as unknown as ServiceWorkerContainer,
    ...options,
  })
  return { tmb, container, visited, exchanges }
}

/** A page whose worker signs, and whose user is signed in. */
export async function openSignedPage(
  world: World,
  options: Partial<WorkerTmbOptions> = {},
): Promise<WorkerPage & { readonly worker: FakeWorker }> {
  await world.signIn()
  const { fallback } = options
  const worker = startWorker(world, fallback ? { fallback } : {})
  return { ...openWorkerPage(world, { worker, ...options }), worker }
}
