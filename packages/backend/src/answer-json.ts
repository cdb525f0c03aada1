import type { JsonObject } from '@tmb-kit/core'
import type { Context } from 'hono'
import { matchedRoutes } from 'hono/route'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { RefusalCode } from './errors.js'
import { PROTECTIVE_HEADERS } from './guards/response-headers.js'

interface AnswerOptions {
  readonly status?: ContentfulStatusCode
  readonly headers?: Readonly<Record<string, string>> | undefined
}

const HEADERS = { 'Content-Type': 'application/json', ...PROTECTIVE_HEADERS } as const
const HAS_HEADERS = 'tmb-kit has headers'
const REFUSAL = 'tmb-kit refusal'
const IS_PROTECTED = 'tmb-kit is protected'

/** Notes that the context has been given a header, a cookie say, for the answer to carry. */
export function noteHeader(c: Context): void {
  c.set(HAS_HEADERS, true)
}

/** Whether the answer has been made by {@link answerJson}. */
export function isProtected(c: Context): boolean {
  return c.get(IS_PROTECTED) === true
}

/** Notes the word of a refusal, for telemetry. */
export function noteRefusal(c: Context, code: RefusalCode): void {
  c.set(REFUSAL, code)
}

export function refusalOf(c: Context): RefusalCode | undefined {
  return c.get(REFUSAL) as RefusalCode | undefined
}

/**
 * Answers with JSON and the protective headers.
 *
 * Where nobody has given the context a header, neither we nor a handler of the application around
 * us, the headers go out as one plain object that is made once: servers send that without
 * making a `Headers` of it first.
 */
export function answerJson(c: Context, body: JsonObject, options?: AnswerOptions): Response {
  return answerJsonText(c, JSON.stringify(body), options)
}

/** The same with JSON that has been written. */
export function answerJsonText(c: Context, text: string, options: AnswerOptions = {}): Response {
  const { status = 200, headers: more } = options
  const headers = more === undefined ? HEADERS : { ...HEADERS, ...more }
  c.set(IS_PROTECTED, true)
  const isAlone = matchedRoutes(c).length === 1
  return isAlone && c.get(HAS_HEADERS) !== true
    ? new Response(text, { status, headers })
    : c.body(text, status, headers)
}
