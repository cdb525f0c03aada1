import { DPOP_NONCE_HEADER, parseJsonObject, type JsonObject } from '@tmb-kit/core'
import { decodeJws, shorten } from './decode-jws.js'
import type { Detail, Outcome } from './step.js'
import type { ReceivedAnswer } from './watch-fetch.js'

const CHALLENGES: readonly (readonly [RegExp, string])[] = [
  [/error="use_dpop_nonce"/, 'A nonce is wanted in the proof. The page signs once more.'],
  [/error="insufficient_user_authentication"/, 'The API wants a newer sign-in.'],
  [/error="invalid_token"/, 'The API does not take the token. The page asks for another, once.'],
  [/error="insufficient_scope"/, 'The token does not allow that.'],
]

/** What the backend wants before it hands out a token. */
const DEMANDS: Readonly<Record<string, string>> = {
  invalid_dpop_proof: 'A proof is wanted for this very request. The page makes one.',
  token_endpoint_proof_required:
    'The authorization server needs a proof by this browser. The page makes one.',
  as_use_dpop_nonce:
    'The authorization server wants its nonce in the proof. The page signs once more.',
}

/** What an answer says, without any token in it: tokens are shown by their claims. */
export function describeAnswer({ status, headers, body }: ReceivedAnswer): Outcome {
  const challenge = headers.get('WWW-Authenticate')
  const nonce = headers.get(DPOP_NONCE_HEADER)
  const note = noteOf(challenge ?? '', parseJsonObject(body)?.['error'])
  return {
    tone: status < 400 ? 'fine' : 'failed',
    word: String(status),
    ...(note === undefined ? {} : { note }),
    details: [
      ...describeBody(body),
      ...(challenge === null ? [] : [{ label: 'WWW-Authenticate', value: challenge }]),
      ...(nonce === null ? [] : [{ label: 'Nonce for the next proof', value: shorten(nonce) }]),
    ],
  }
}

function noteOf(challenge: string, error: unknown): string | undefined {
  const demand = typeof error === 'string' && Object.hasOwn(DEMANDS, error) && DEMANDS[error]
  return demand || CHALLENGES.find(([pattern]) => pattern.test(challenge))?.[1]
}

/** The claims of the access token that an answer of `/bff/token` brought. */
export function claimsOfTokenAnswer(body: string): JsonObject | undefined {
  const accessToken = parseJsonObject(body)?.['access_token']
  return typeof accessToken === 'string' ? decodeJws(accessToken)?.claims : undefined
}

/** The thumbprint in a token's `cnf`. */
export function boundJktOf(claims: JsonObject | undefined): string | undefined {
  const cnf = claims?.['cnf']
  if (typeof cnf !== 'object' || cnf === null || !('jkt' in cnf)) return undefined
  return typeof cnf.jkt === 'string' ? cnf.jkt : undefined
}

function describeBody(body: string): readonly Detail[] {
  const answer = parseJsonObject(body)
  if (answer === undefined) return body === '' ? [] : [{ label: 'Answer', value: body }]

  const { access_token: accessToken, authorization_url: authorizationUrl, ...rest } = answer
  const claims = claimsOfTokenAnswer(body)
  return [
    {
      label: 'Answer',
      value: {
        ...(typeof accessToken === 'string' ? { access_token: shorten(accessToken) } : {}),
        ...(typeof authorizationUrl === 'string' ? describeUrl(authorizationUrl) : {}),
        ...rest,
      },
    },
    ...(claims === undefined ? [] : [{ label: 'Access token, claims', value: claims }]),
  ]
}

function describeUrl(url: string): JsonObject {
  if (!URL.canParse(url)) return {}

  const { origin, pathname, searchParams } = new URL(url)
  const names = [...searchParams.keys()].join(', ')
  return { authorization_url: `${origin}${pathname}`, its_parameters: names }
}
