import type { JsonObject } from '@tmb-kit/core'
import { parseDpopChallenge } from './challenge.js'
import { login } from './login.js'
import type { Page } from './page.js'
import { assertAlgorithm } from './proof-signer.js'
import { TmbError, type TmbErrorDetails } from './tmb-error.js'

/**
 * A login with what a server asked for. What is no whole number of seconds is left out.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9470#section-3
 */
function stepUp(
  page: Page,
  { acr_values, max_age }: JsonObject,
): NonNullable<TmbErrorDetails['login']> {
  const maxAgeSeconds = /^\d+$/.test(max_age as string) ? Number(max_age) : undefined
  return async (options) =>
    login(page, { acrValues: acr_values as string, maxAgeSeconds, ...options })
}

/** A part of a page: errors of the backend carry `login()`, and when to come back. */
export function signIn(page: Page): void {
  const { learn } = page
  page.learn = (answer, response) => ({
    ...learn?.(answer, response),
    login: stepUp(page, answer),
    retryAfterSeconds: Number(response.headers.get('Retry-After')) || undefined,
  })
}

/**
 * A part of a page: what an API demands that no retry can give is an error, or a sign-in.
 *
 * @param navigates Goes to a sign-in by itself, once for each address until that has answered.
 */
export function challenges(page: Page, navigates?: boolean): void {
  const { fetch } = page
  // Outlives the journey: an API that is not content afterwards would send the user for ever.
  const notes: Record<string, string | undefined> =
    (globalThis as Partial<typeof globalThis>).sessionStorage ?? {}

  page.fetch = async (request) => {
    const response = await fetch(request)
    const { headers, ok, status } = response
    const note = `tmb-kit step-up ${request.url}`
    if (ok && notes[note]) notes[note] = ''
    if (status !== 401) return response

    const challenge = parseDpopChallenge(headers.get('WWW-Authenticate'))
    const { error, algs } = challenge
    if (error === 'insufficient_user_authentication') {
      const go = stepUp(page, challenge)
      if (navigates && !notes[note]) {
        notes[note] = error
        await go()
      }
      throw new TmbError('step_up_required', { login: go })
    }
    const signer = await page.proofKey
    if (signer) assertAlgorithm(signer, algs?.split(' '))
    return response
  }
}
