import {
  computeJkt,
  DPOP_HEADER,
  isJsonObject,
  parseJsonObject,
  TOKEN_ENDPOINT_PROOF,
  type JsonObject,
} from '@tmb-kit/core'
import { decodeJws, shorten } from './decode-jws.js'
import type { Detail, Step } from './step.js'
import type { SentRequest } from './watch-fetch.js'

const BACKEND_TITLES: Readonly<Record<string, string>> = {
  '/bff/session': 'Asks who is signed in',
  '/bff/login': 'Starts a sign-in, and sends the thumbprint of its key',
  '/bff/token': 'Asks for an access token for its key',
  '/bff/logout': 'Signs out',
}

const HANDOFF_TITLE = 'Hands over a proof for the authorization server, and asks for a token'
const RENEWAL_TITLE = 'Asks for a fresh access token for its key'

/** What a request means, for a reader who has not seen the code. */
export function describeRequest(request: SentRequest, apiOrigin: string): Step {
  return request.url.origin === apiOrigin ? describeCall(request) : describeBackendRequest(request)
}

/** The thumbprint of the key that a request's proof names. `undefined`: no proof, or no such key. */
export async function thumbprintOfProof({ headers }: SentRequest): Promise<string | undefined> {
  const jwk = decodeJws(headers.get(DPOP_HEADER) ?? '')?.header['jwk']
  try {
    return isJsonObject(jwk) ? await computeJkt(jwk) : undefined
  } catch {
    // Somebody in the console made a proof without a key: there is no thumbprint to show.
    return undefined
  }
}

function describeBackendRequest({ method, url, headers, body }: SentRequest): Step {
  const sent = parseJsonObject(body)
  return {
    from: 'browser',
    to: 'backend',
    title: titleOf(url.pathname, sent),
    request: `${method} ${url.pathname}`,
    details: [
      ...(sent === undefined ? [] : describeSent(sent)),
      ...describeProof(headers.get(DPOP_HEADER) ?? ''),
    ],
  }
}

function titleOf(path: string, sent: JsonObject | undefined): string {
  if (sent?.[TOKEN_ENDPOINT_PROOF] !== undefined) return HANDOFF_TITLE
  if (sent?.['refresh'] === true) return RENEWAL_TITLE
  return BACKEND_TITLES[path] ?? 'Asks the backend'
}

/** In mode `handoff` a proof for the authorization server is in the body: it is opened like others. */
function describeSent({ [TOKEN_ENDPOINT_PROOF]: proof, ...rest }: JsonObject): readonly Detail[] {
  if (typeof proof !== 'string') return [{ label: 'Sent', value: rest }]

  return [
    { label: 'Sent', value: { ...rest, [TOKEN_ENDPOINT_PROOF]: shorten(proof) } },
    ...describeProof(proof),
  ]
}

function describeCall({ method, url, headers, body }: SentRequest): Step {
  const [scheme = '', accessToken = ''] = (headers.get('Authorization') ?? '').split(' ')
  return {
    from: 'browser',
    to: 'api',
    title: 'Calls the API with the token and a new proof',
    request: `${method} ${url.pathname}`,
    details: [
      { label: 'Authorization', value: `${scheme} ${shorten(accessToken)}` },
      ...describeProof(headers.get(DPOP_HEADER) ?? ''),
      ...(body === '' ? [] : [{ label: 'Body', value: parseJsonObject(body) ?? body }]),
    ],
  }
}

function describeProof(proof: string): readonly Detail[] {
  const decoded = decodeJws(proof)
  if (decoded === undefined) return []

  return [
    { label: 'Proof, header', value: decoded.header },
    { label: 'Proof, claims', value: decoded.claims },
  ]
}
