import { commandUrl, describe } from './backend-request.js'
import type { WorkerTmbOptions } from './options.js'
import { CLAIM } from './worker-scope.js'

/** Who signs a page's requests: its worker, the page itself, or nobody, where that is refused. */
export type Signer = 'worker' | 'page' | 'nobody'

/** A page's tie to the worker that may sign for it. */
export interface WorkerLink {
  /** Who signs, as far as it is known at this moment. */
  signer(): Signer
  /** Whether the worker signs. Waits for no more than a worker that is there already to say so. */
  isSigning(): Promise<boolean>
  /** Who signs, once that is the worker or it is clear that it will not be: in three seconds at most. */
  readonly ready: Promise<Signer>
}

/** Registers the worker, and watches which one controls this page. Never rejects. */
export function linkWorker(
  backendUrl: string,
  send: typeof fetch,
  options: WorkerTmbOptions,
): WorkerLink {
  const { fallback, container = findContainer() } = options
  let isSigning = false
  let greeting = Promise.resolve(false)
  let onSigning: (() => void) | undefined

  const signer = (): Signer => {
    if (isSigning) return 'worker'
    return fallback === 'refuse' ? 'nobody' : 'page'
  }
  // Another version, or a worker that knows nothing of this, may be in control.
  const greet = (): void => {
    isSigning = false
    const asked = container?.controller
      ? askWorker(backendUrl, send, options)
      : Promise.resolve(false)
    greeting = asked
    void asked.then((answer) => {
      if (greeting !== asked) return

      isSigning = answer
      if (answer) onSigning?.()
    })
  }
  container?.addEventListener('controllerchange', greet)
  greet()

  const waitForSigning = async (): Promise<void> => {
    let timeout: ReturnType<typeof setTimeout> | undefined
    await new Promise<void>((resolve) => {
      const timeoutMilliseconds = 3000
      onSigning = resolve
      timeout = setTimeout(resolve, timeoutMilliseconds)
      register(container, options).catch(resolve)
    })
    clearTimeout(timeout)
  }
  return {
    signer,
    isSigning: async () => {
      for (;;) {
        const asked = greeting
        const answer = await asked
        if (asked === greeting) return answer
      }
    },
    ready: waitForSigning().then(signer),
  }
}

/** Rejects where service workers are missing, switched off or refused. */
async function register(
  container: ServiceWorkerContainer | undefined,
  { workerUrl = '/sw.js', registration }: WorkerTmbOptions,
): Promise<void> {
  if (!container) throw new Error('no service workers')

  const { active } = await container.register(workerUrl, registration)
  if (!container.controller) active?.postMessage(CLAIM)
}

async function askWorker(
  backendUrl: string,
  send: typeof fetch,
  options: WorkerTmbOptions,
): Promise<boolean> {
  try {
    const response = await send(commandUrl(backendUrl, 'options'))
    return (await response.text()) === describe(options)
  } catch {
    // A worker that does not answer does not sign.
    return false
  }
}

function findContainer(): ServiceWorkerContainer | undefined {
  return (globalThis as { navigator?: Partial<Navigator> }).navigator?.serviceWorker
}
