import type { Deployment } from './deployment.js'

/** Starts a login and gives where the browser is sent. */
export async function startLogin(
  { browser, jkt }: Pick<Deployment, 'browser' | 'jkt'>,
  body: Record<string, unknown> = {},
): Promise<string> {
  const answer = await browser.post('/bff/login', { jkt, ...body })
  if (answer.status !== 200) throw new Error(`login answered ${answer.status}`)
  return ((await answer.json()) as { authorization_url: string }).authorization_url
}

/** The `error` that the callback sends the page, if it does. */
export function errorOf(answer: Response): string | undefined {
  const location = answer.headers.get('Location') ?? '/'
  return new URL(location, 'https://app.test').searchParams.get('error') ?? undefined
}

export async function isSignedIn({ browser }: Pick<Deployment, 'browser'>): Promise<boolean> {
  const answer = (await (await browser.get('/bff/session')).json()) as { active: boolean }
  return answer.active
}

/** Lets the event loop turn a number of times, without any clock. */
export async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}

const PATIENCE_MILLISECONDS = 20_000

/**
 * Lets the event loop turn until something has happened. Work that leaves the loop, as hashing does,
 * takes as many turns as the machine is busy: only a very long time says that it never will.
 */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + PATIENCE_MILLISECONDS
  while (!condition()) {
    if (performance.now() > end) throw new Error('it never happened')
    await turns(1)
  }
}
