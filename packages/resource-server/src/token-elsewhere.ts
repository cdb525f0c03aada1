import { RefusedError } from './refusal.js'
import type { VerifiableRequest } from './verified-request.js'

const FORM = 'application/x-www-form-urlencoded'
const PARAMETER = 'access_token'

/** Octets of a form that are looked at. Nobody hides a token from us behind more than that. */
const MAX_FORM_OCTETS = 65_536

/**
 * RFC 6750 sections 2.2 and 2.3: a token in a form or in the query is not taken, and refused rather
 * than overlooked, since it is in logs and histories by now.
 *
 * Does not look into a body that somebody has read already and does not show.
 *
 * @returns A promise only where there is a body to read.
 *
 * @throws {RefusedError} `token_in_query`, `token_in_body`
 */
export function assertNoTokenElsewhere(request: VerifiableRequest): Promise<void> | undefined {
  const { url, form, body } = request
  if (url.includes('?') && new URL(url).searchParams.has(PARAMETER)) {
    throw new RefusedError('token_in_query')
  }
  // Most requests have no body, and need not be asked for its type.
  if (form === undefined && !body) return undefined
  return isForm(request) ? assertNoTokenInForm(request) : undefined
}

async function assertNoTokenInForm(request: VerifiableRequest): Promise<void> {
  const { form = {} } = request
  if (Object.hasOwn(form, PARAMETER)) throw new RefusedError('token_in_body')
  if (request.bodyUsed === true || !request.body || request.clone === undefined) return

  const text = await readStart(request.clone())
  if (new URLSearchParams(text).has(PARAMETER)) throw new RefusedError('token_in_body')
}

function isForm({ headers }: VerifiableRequest): boolean {
  return headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase() === FORM
}

async function readStart({
  body,
}: {
  readonly body: ReadableStream<Uint8Array> | null
}): Promise<string> {
  if (body === null) return ''

  const reader = body.getReader()
  const decoder = new TextDecoder()
  let text = ''
  while (text.length < MAX_FORM_OCTETS) {
    const { done, value } = await reader.read()
    if (done) break

    text += decoder.decode(value, { stream: true })
  }
  // The other branch of the body goes on without us.
  void reader.cancel()
  return text
}
