import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { text } from 'node:stream/consumers'
import { parseJsonObject } from '@tmb-kit/core'
import { SECRET } from './clients.js'

/** An answer of the token endpoint, to be changed. */
interface TokenAnswer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** A token request as it was sent. */
interface TokenRequest {
  readonly form: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** Whether the very same form was sent before. */
  readonly isRepeated: boolean
}

/** One thing that an authorization server does wrong. */
export interface Defect {
  readonly name: string
  /** The requirements that must be reported, and no others. */
  readonly breaks: readonly string[]
  /** Changes the form before the server sees it. */
  readonly ask?: (request: TokenRequest) => void
  /** Changes the answer. */
  readonly answer?: (answer: TokenAnswer, request: TokenRequest) => TokenAnswer
  /** A header that it leaves out. */
  readonly withoutHeader?: string
}

/** Puts a defect in front of an authorization server. */
export function defectListener(callback: RequestListener, defect: Defect): RequestListener {
  const seen = new Set<string>()
  return (request, response) => {
    if (request.method !== 'POST' || request.url !== '/token') {
      callback(request, response)
      return
    }
    void text(request).then((sent) => {
      const isRepeated = seen.has(sent)
      seen.add(sent)
      const { headers } = request
      const form = new URLSearchParams(sent)
      defect.ask?.({ form, headers, isRepeated })
      // The library takes a form that was read before it.
      Object.assign(request, { body: form.toString() })
      // The plugin takes the proof out of the request's own headers.
      const asked = { form: new URLSearchParams(sent), headers: { ...headers }, isRepeated }
      changeAnswer(response, asked, defect)
      callback(request, response)
    })
  }
}

function changeAnswer(response: ServerResponse, asked: TokenRequest, defect: Defect): void {
  const end = response.end.bind(response) as (content: string) => ServerResponse
  const changed = (content: unknown): ServerResponse => {
    const written = content instanceof Uint8Array ? Buffer.from(content).toString() : content
    const body = JSON.parse(String(written)) as TokenAnswer['body']
    const answer = { status: response.statusCode, body }
    const wrong = defect.answer?.(answer, asked) ?? answer
    const json = JSON.stringify(wrong.body)
    response.statusCode = wrong.status
    response.setHeader('Content-Length', Buffer.byteLength(json))
    if (defect.withoutHeader !== undefined) response.removeHeader(defect.withoutHeader)
    return end(json)
  }
  Object.assign(response, { end: changed })
}

const ISSUED: TokenAnswer = { status: 200, body: { access_token: 'x', token_type: 'DPoP' } }

const isRefresh = ({ form }: TokenRequest): boolean => form.get('grant_type') === 'refresh_token'
const isCode = ({ form }: TokenRequest): boolean => form.get('grant_type') === 'authorization_code'

/** What implementations of a draft with four sentences could well get wrong. */
export const DEFECTS: readonly Defect[] = [
  {
    name: 'the token response has no cnf',
    breaks: ['AS-10', 'AS-12a', 'AS-12b', 'AS-12e'],
    answer: ({ status, body }) => ({ status, body: { ...body, cnf: undefined } }),
  },
  {
    name: 'the token type is always Bearer',
    breaks: ['AS-09a'],
    answer: ({ status, body }) =>
      status === 200 ? { status, body: { ...body, token_type: 'Bearer' } } : { status, body },
  },
  {
    name: 'unknown and malformed members are left out',
    breaks: ['AS-04'],
    ask: ({ form }) => {
      const members = parse(form.get('tmb'))
      if (members.length === 0 || form.getAll('tmb').length > 1) return

      const good = members.filter(([name, value]) => isKnown(name, value))
      if (good.length === 0) form.delete('tmb')
      else form.set('tmb', JSON.stringify(Object.fromEntries(good)))
    },
  },
  {
    name: 'any client may use tmb',
    breaks: ['AS-05a'],
    ask: ({ form, headers }) => {
      if (!form.has('tmb') || headers.authorization !== basic('unpermitted')) return
      headers.authorization = basic('every_method')
    },
  },
  {
    name: 'a refresh takes any key',
    breaks: ['AS-12c', 'AS-12d'],
    ask: (request) => {
      if (isRefresh(request)) request.form.delete('tmb')
    },
  },
  {
    name: 'the pinned key of a code is not compared with tmb',
    breaks: ['AS-11b'],
    answer: (answer, request) =>
      request.form.has('tmb') && String(answer.body['error_description']).includes('dpop_jkt')
        ? ISSUED
        : answer,
  },
  {
    name: 'a DPoP header is looked at beside tmb',
    breaks: ['AS-07b', 'AS-12e'],
    answer: (answer, { headers }) =>
      headers['dpop'] === 'x' ? { status: 400, body: { error: 'invalid_dpop_proof' } } : answer,
  },
  {
    name: 'a code counts as often as it comes',
    breaks: ['AS-22a', 'AS-22b'],
    answer: (answer, request) => (isCode(request) && request.isRepeated ? ISSUED : answer),
  },
  {
    name: 'anybody exchanges a bound token',
    breaks: ['TX-04'],
    answer: (answer, { form }) =>
      form.get('grant_type')?.endsWith(':token-exchange') === true ? ISSUED : answer,
  },
  {
    name: 'a refusal may be stored',
    breaks: ['AS-25'],
    withoutHeader: 'Cache-Control',
  },
]

const basic = (clientId: string): string => `Basic ${btoa(`${clientId}:${SECRET}`)}`

function isKnown(name: string, value: unknown): boolean {
  if (name === 'tls_exp') return value === 'EXPORTER-oauth-tls-session-bound'
  const isThumbprint = typeof value === 'string' && /^[\w-]{42}[AEIMQUYcgkosw048]$/.test(value)
  return ['jkt', 'x5t#S256'].includes(name) && isThumbprint
}

/** The members of the value, or none: then it is left as it is, for the server to refuse. */
function parse(tmb: string | null): readonly (readonly [string, unknown])[] {
  const members = parseJsonObject(tmb ?? '')
  // Beyond this size it is refused for its size.
  return members === undefined || (tmb ?? '').length > 2048 ? [] : Object.entries(members)
}
