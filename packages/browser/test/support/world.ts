import { createTmb, type Tmb, type TmbEvent, type TmbOptions } from '@tmb-kit/browser'
import {
  computeJkt,
  parseProof,
  verifyParsedProof,
  type DpopProofClaims,
  type ParsedProof,
} from '@tmb-kit/core'
import { createOrigins, testClock, type Origins, type TestClock } from '@tmb-kit/testkit'
import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { readRecords } from './records.js'

export const APP = 'https://app.test'
export const API = 'https://api.test'
export const OTHER_API = 'https://other-api.test'
export const SIGN_IN_PAGE = 'https://as.test/auth?request_uri=urn%3Ax'

export type Answer = (request: Request) => Response | undefined | Promise<Response | undefined>

export interface Tab {
  readonly tmb: Tmb
  /** Where the page was sent. */
  readonly visited: readonly string[]
  readonly events: readonly TmbEvent[]
  /** Where its key is kept. */
  readonly database: string
}

/** One browser, its backend, and two APIs that take whoever comes with a good proof. */
export interface World extends Origins {
  readonly clock: TestClock
  /** What the backend knows; the tests set it as they like. */
  readonly backend: {
    session: { jkt: string; sub: string } | undefined
    pinnedLast: string | undefined
    tokensIssued: number
    expiresIn: number
  }
  /** Answers before the usual one does, when it answers at all. */
  intercept(path: string, answer: Answer): void
  openTab(options?: Partial<TmbOptions>): Tab
  /** A tab that has been signed in: with its key pinned by the backend. */
  signIn(options?: Partial<TmbOptions>): Promise<Tab>
  requestsTo(path: string): readonly Request[]
}

export function createWorld(): World {
  globalThis.indexedDB = new IDBFactory()
  const clock = testClock()
  const backend: World['backend'] = {
    session: undefined,
    pinnedLast: undefined,
    tokensIssued: 0,
    expiresIn: 300,
  }
  const interceptors = new Map<string, Answer>()

  const answerOr = async (request: Request, usual: () => Promise<Response>): Promise<Response> => {
    const { origin, pathname } = new URL(request.url)
    const answer = interceptors.get(pathname) ?? interceptors.get(origin + pathname)
    return (await answer?.(request.clone())) ?? usual()
  }
  const answerBackend = async (request: Request): Promise<Response> => {
    const endpoint = new URL(request.url).pathname.replace('/bff/', '')
    const body = request.method === 'POST' ? ((await request.json()) as Body) : {}
    switch (endpoint) {
      case 'session': {
        const { session } = backend
        return session === undefined
          ? reply({ active: false, mode: 'tmb' })
          : reply({
              active: true,
              mode: 'tmb',
              claims: { sub: session.sub },
              jkt: session.jkt,
              scope: 'orders.read',
              expires_at: clock() + 3600,
            })
      }
      case 'login':
        backend.pinnedLast = body.jkt
        return reply({ authorization_url: SIGN_IN_PAGE })
      case 'token': {
        if (backend.session === undefined) return reply({ error: 'no_session' }, 401)
        if (body.jkt !== backend.session.jkt) return reply({ error: 'key_mismatch' }, 409)
        backend.tokensIssued += 1
        return reply({
          access_token: `token-${backend.tokensIssued}`,
          token_type: 'DPoP',
          expires_in: backend.expiresIn,
          scope: 'orders.read',
          jkt: body.jkt,
        })
      }
      default:
        backend.session = undefined
        return reply({ end_session_url: null })
    }
  }
  const reply = (body: unknown, status = 200): Response =>
    Response.json(body, {
      status,
      headers: { Date: new Date(clock() * 1000).toUTCString(), 'Cache-Control': 'no-store' },
    })
  const answerApi = async (request: Request): Promise<Response> =>
    Response.json({ body: await request.text(), type: request.headers.get('Content-Type') })

  const origins = createOrigins({
    [APP]: async (request) => answerOr(request, async () => answerBackend(request)),
    [API]: async (request) => answerOr(request, async () => answerApi(request)),
    [OTHER_API]: async (request) => answerOr(request, async () => answerApi(request)),
  })

  const world: World = {
    ...origins,
    clock,
    backend,
    intercept: (path, answer) => void interceptors.set(path, answer),
    openTab: (options = {}) => {
      const visited: string[] = []
      const events: TmbEvent[] = []
      const location = {
        href: `${APP}/orders?tab=2#top`,
        assign: (url: string | URL) => void visited.push(String(url)),
      }
      const tmb = createTmb({
        resourceServers: [API],
        backendUrl: `${APP}/bff`,
        fetch: origins.fetch,
        clock,
        location,
        onEvent: (event) => events.push(event),
        ...options,
      })
      const { backendUrl = `${APP}/bff` } = options
      return { tmb, visited, events, database: `tmb-kit ${backendUrl}` }
    },
    signIn: async (options) => {
      const tab = world.openTab(options)
      const jkt = await keyOf(tab)
      backend.session = { jkt, sub: 'alice' }
      await tab.tmb.session()
      return tab
    },
    requestsTo: (path) =>
      origins.requests.filter(({ url }) => {
        const { origin, pathname } = new URL(url)
        return pathname === path || origin + pathname === path
      }),
  }
  return world
}

interface Body {
  readonly jkt?: string
}

/** The thumbprint of a tab's key; makes the key when there is none. */
export async function keyOf({ tmb, database }: Tab): Promise<string> {
  await tmb.session()
  const [{ publicKey }] = (await readRecords(database)) as [CryptoKeyPair]
  return computeJkt(await crypto.subtle.exportKey('jwk', publicKey))
}

export function reply(body: unknown, status = 200, headers: HeadersInit = {}): Response {
  return Response.json(body, { status, headers })
}

/** A refusal of an API, as RFC 9449 section 7.1 has it. */
export function challenge(parameters: string, headers: Record<string, string> = {}): Response {
  return new Response(null, {
    status: 401,
    headers: { 'WWW-Authenticate': `DPoP ${parameters}, algs="ES256"`, ...headers },
  })
}

/** The proof of a request, its signature verified. */
export async function proofOf(request: Request): Promise<ParsedProof & { jkt: string }> {
  const parsed = parseProof(request.headers.get('DPoP'), ['ES256', 'Ed25519'])
  const { jkt } = await verifyParsedProof(parsed, {
    htm: parsed.claims.htm,
    htu: parsed.claims.htu,
    clock: () => parsed.claims.iat,
  })
  return { ...parsed, jkt }
}

export async function claimsOf(request: Request): Promise<DpopProofClaims> {
  return (await proofOf(request)).claims
}

/** Lets everything that can go on go on, other tabs' messages too. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve))
}
