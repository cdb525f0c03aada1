import type { JsonObject } from '@tmb-kit/core'
import { endSession, isSignedOut, type Page } from '../page.js'
import { TmbError, type TmbErrorCode, type TmbErrorDetails } from '../tmb-error.js'

/** Names the code of an answer that the worker gave in the place of the API. */
const REFUSAL_HEADER = 'Tmb-Refusal'

/** What passes by itself: a stream of events that ended with it is opened anew. */
const PASSING = ['as_unavailable', 'backend_unavailable', 'slow_down']

/** What the backend wants of the next sign-in, and when it wants to be asked again. */
interface Demands {
  readonly body: JsonObject
  readonly headers: Readonly<Record<string, string>>
}

/** A part of the worker's page: its errors carry what the page's half will need. */
export function keepDemands(page: Page): void {
  const { learn } = page
  page.learn = (answer, response) => {
    const { acr_values, max_age } = answer
    const retryAfter = response.headers.get('Retry-After')
    const demands: Demands = {
      body: { acr_values, max_age },
      headers: retryAfter === null ? {} : { 'Retry-After': retryAfter },
    }
    return { ...learn?.(answer, response), demands } as TmbErrorDetails
  }
}

/**
 * An error as an answer, so that a page which knows nothing of the worker sees a status, and one
 * that does gets its error back: 401 when nobody is signed in, else 503.
 */
export function refuse(request: Request, error: TmbError): Response {
  const { code, demands } = error as TmbError & { readonly demands?: Demands }
  const wantsEvents = request.headers.get('Accept') === 'text/event-stream'
  // For an EventSource only a network error is a reason to come back.
  if (wantsEvents && PASSING.includes(code)) return Response.error()

  return new Response(JSON.stringify({ error: code, ...demands?.body }), {
    status: isSignedOut(code) ? 401 : 503,
    headers: {
      ...demands?.headers,
      [REFUSAL_HEADER]: code,
      'Cache-Control': 'no-store',
      'Content-Type': 'application/json',
    },
  })
}

/**
 * Throws what the worker refused. Answers of the API pass, whatever they hold: only those that came
 * from no network have the type that is looked for.
 *
 * @throws {@link TmbError}
 */
export async function throwRefusal(page: Page, response: Response): Promise<void> {
  const code = response.type === 'default' && response.headers.get(REFUSAL_HEADER)
  if (!code) return

  const answer = (await response.json()) as JsonObject
  // One who only has to sign in better is still signed in.
  if (isSignedOut(code) && (answer['acr_values'] ?? answer['max_age']) === undefined) {
    endSession(page)
  }
  throw new TmbError(code as TmbErrorCode, page.learn?.(answer, response))
}
