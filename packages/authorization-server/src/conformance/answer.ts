import { isJsonObject, parseBase64urlText, parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { NotMet } from './finding.js'

/** An answer of the authorization server, read whole. */
export interface Answer {
  readonly status: number
  readonly headers: Headers
  /** `undefined`: it is no JSON object. */
  readonly body: JsonObject | undefined
}

export async function readAnswer(response: Response): Promise<Answer> {
  const { status, headers } = response
  // A repeated member is the server's affair here: the last one is what most clients would see.
  const value: unknown = parseLeniently(await response.text())
  return { status, headers, body: isJsonObject(value) ? value : undefined }
}

/** What is seen of an answer, in a sentence. Never a token. */
export function describeAnswer({ status, body }: Answer): string {
  const { error, token_type: tokenType, cnf } = body ?? {}
  if (error !== undefined) return `${status} ${JSON.stringify(error)}`
  if (tokenType === undefined) return String(status)
  const bound = cnf === undefined ? 'no cnf' : `cnf ${JSON.stringify(cnf)}`
  return `${status} with token_type ${JSON.stringify(tokenType)} and ${bound}`
}

/** @throws {@link NotMet} unless a token was issued. */
export function assertIssued(answer: Answer, what = 'a token'): JsonObject {
  const { status, body } = answer
  if (status === 200 && typeof body?.['access_token'] === 'string') return body
  throw new NotMet(`wanted ${what}, got ${describeAnswer(answer)}`)
}

/** @throws {@link NotMet} unless it was refused with that word, RFC 6749 section 5.2. */
export function assertRefused(
  answer: Answer,
  { error, status = 400, what }: RefusalExpectation,
): void {
  if (answer.status === status && answer.body?.['error'] === error) return
  const of = what === undefined ? '' : `${what}: `
  throw new NotMet(`${of}wanted ${status} ${error}, got ${describeAnswer(answer)}`)
}

export interface RefusalExpectation {
  readonly error: string
  /** Default: 400. */
  readonly status?: number
  /** Which of several requests it was. */
  readonly what?: string
}

/** @throws {@link NotMet} unless both have the same members with the same values. */
export function assertSameConfirmation(value: unknown, cnf: JsonObject, where: string): void {
  const members = isJsonObject(value) ? Object.entries(value) : []
  const isSame =
    members.length === Object.keys(cnf).length && members.every(([name, of]) => cnf[name] === of)
  if (isSame) return
  const seen = value === undefined ? 'none' : JSON.stringify(value)
  throw new NotMet(`wanted cnf ${JSON.stringify(cnf)} in ${where}, got ${seen}`)
}

/** The claims of a JWT access token, not verified. `undefined`: the token is opaque. */
export function claimsOf(accessToken: unknown): JsonObject | undefined {
  const [, payload, signature] = String(accessToken).split('.')
  if (payload === undefined || signature === undefined) return undefined
  return parseJsonObject(parseBase64urlText(payload) ?? '', { maxDepth: 16 })
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // A page, or nothing: the caller says what it wanted.
    return undefined
  }
}
