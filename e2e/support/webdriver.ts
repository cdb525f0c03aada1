import { expect } from '@playwright/test'

/** A browser that W3C WebDriver drives: as much of it as the specs need. */
export interface DrivenBrowser {
  goto(url: string): Promise<void>
  click(selector: string): Promise<void>
  type(selector: string, text: string): Promise<void>
  /** The text of the first element that fits; `undefined` while there is none. */
  text(selector: string): Promise<string | undefined>
  /** Runs a function body in the page, where it may `await`, and gives what it returns. */
  run<Result>(body: string, ...values: readonly unknown[]): Promise<Result>
  /** Opens a tab and goes on in it. Gives the names of the tab before and of the new one. */
  openTab(): Promise<readonly [string, string]>
  switchTo(tab: string): Promise<void>
  close(): Promise<void>
}

/** The driver refused. `error` is its word, such as `no such element`. */
class WebDriverError extends Error {
  override readonly name: string = 'WebDriverError'
  readonly error: string

  constructor(error: string, message: string) {
    super(`${error}: ${message}`)
    this.error = error
  }
}

/** How often the specs look, as Playwright's own waiting does. */
export const POLL_MILLISECONDS = [100]

/** What a page that is being replaced by the next one can answer. */
const IS_LEAVING = ['no such element', 'stale element reference', 'no such frame']

/** https://www.w3.org/TR/webdriver2/#elements: the name of the member that holds an element's id. */
const ELEMENT = 'element-6066-11e4-a52e-4f735466cecf'

/**
 * Has the driver at `driverUrl` start a browser with a profile of its own.
 *
 * @see https://www.w3.org/TR/webdriver2/
 */
export async function startDrivenBrowser(
  driverUrl: string,
  capabilities: Readonly<Record<string, unknown>>,
): Promise<DrivenBrowser> {
  const session = await command<{ sessionId: string }>(`${driverUrl}/session`, {
    capabilities: { alwaysMatch: capabilities },
  })
  const base = `${driverUrl}/session/${session.sessionId}`
  const post = async <Value>(path: string, content = {}): Promise<Value> =>
    command<Value>(`${base}${path}`, content)
  const textOf = async (selector: string): Promise<string | undefined> => {
    try {
      return await command<string>(`${base}/element/${await find(selector)}/text`)
    } catch (error) {
      if (error instanceof WebDriverError && IS_LEAVING.includes(error.error)) return undefined
      throw error
    }
  }
  const find = async (selector: string): Promise<string> => {
    const content = { using: 'css selector', value: selector }
    const found = await post<Readonly<Record<string, string>>>('/element', content)
    return found[ELEMENT] ?? ''
  }
  // The driver's own way of waiting gets lost when the page is replaced meanwhile.
  const findSoon = async (selector: string): Promise<string> => {
    const options = { message: selector, intervals: POLL_MILLISECONDS }
    await expect.poll(async () => textOf(selector), options).toBeDefined()
    return find(selector)
  }
  await post('/timeouts', { script: 30_000, pageLoad: 30_000, implicit: 0 })

  return {
    goto: async (url) => post('/url', { url }),
    click: async (selector) => post(`/element/${await findSoon(selector)}/click`),
    type: async (selector, text) => post(`/element/${await findSoon(selector)}/value`, { text }),
    text: textOf,
    run: async (body, ...values) => {
      const script = `
        const [values, done] = arguments
        const run = async (values) => { ${body} }
        run(values).then((value) => done({ value }), (error) => done({ error: String(error) }))`
      const { error, value } = await post<{ error?: string; value: never }>('/execute/async', {
        script,
        args: [values],
      })
      if (error !== undefined) throw new Error(error)
      return value
    },
    openTab: async () => {
      const before = await command<string>(`${base}/window`)
      const { handle } = await post<{ handle: string }>('/window/new', { type: 'tab' })
      await post('/window', { handle })
      return [before, handle]
    },
    switchTo: async (handle) => post('/window', { handle }),
    close: async () => command(base, undefined, 'DELETE'),
  }
}

/** One command: a POST when there is content, else a GET. */
async function command<Value>(
  url: string,
  content?: unknown,
  method = content === undefined ? 'GET' : 'POST',
): Promise<Value> {
  const response = await fetch(url, {
    method,
    // Longer than anything that the driver itself may wait for.
    signal: AbortSignal.timeout(45_000),
    ...(content === undefined ? {} : { body: JSON.stringify(content) }),
  })
  const { value } = (await response.json()) as { value: Value }
  if (response.ok) return value

  const { error = 'unknown error', message = '' } = (value ?? {}) as Partial<WebDriverError>
  throw new WebDriverError(error, message)
}
