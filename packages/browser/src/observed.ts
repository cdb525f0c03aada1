import type { Page } from './page.js'

/** A part of a page: tells `onEvent` of every request that is sent. */
export function observed(page: Page): void {
  const { fetch, onEvent, send } = page
  if (!onEvent) return

  const observe = async (
    to: 'api' | 'backend',
    { method, url }: { readonly method: string; readonly url: string },
    sending: Promise<Response>,
  ): Promise<Response> => {
    // 0 is no answer.
    const { status } = await sending.catch(() => ({ status: 0 }))
    // Without the query: it is nobody's business.
    onEvent({ type: 'request_sent', to, method, url: url.replace(/[?#].*/, ''), status })
    return sending
  }
  page.send = async (url, init) => observe('backend', { ...init, url }, send(url, init))
  page.fetch = async (request) => observe('api', request, fetch(request))
}
