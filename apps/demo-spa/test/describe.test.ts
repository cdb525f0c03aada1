import { createProofFactory, generateProofKey, jktOf, signRawJws } from '@tmb-kit/testkit'
import { beforeAll, describe, expect, it } from 'vitest'
import { boundJktOf, claimsOfTokenAnswer, describeAnswer } from '../src/describe-answer.js'
import { describeRequest, thumbprintOfProof } from '../src/describe-request.js'
import type { Detail } from '../src/step.js'
import { watchFetch, type SentRequest } from '../src/watch-fetch.js'

const API = 'http://localhost:4002'

let proofKey: CryptoKeyPair
let accessToken: string

beforeAll(async () => {
  proofKey = await generateProofKey()
  const claims = { sub: 'alice', cnf: { jkt: await jktOf(proofKey) } }
  accessToken = await signRawJws({ typ: 'at+jwt', alg: 'ES256' }, claims, proofKey.privateKey)
})

/** A request as the page sends it, seen through the watching fetch. */
async function watched(url: string, init: RequestInit): Promise<SentRequest> {
  const seen: SentRequest[] = []
  const send = watchFetch(
    async () => new Response('{}'),
    (request) => seen.push(request),
  )
  await send(url, init)
  return seen[0]!
}

async function callToApi(): Promise<SentRequest> {
  const target = { htm: 'GET', htu: `${API}/orders`, accessToken, clock: () => 1_800_000_000 }
  const proof = await (await createProofFactory({ proofKey, ...target })).valid()
  const headers = { Authorization: `DPoP ${accessToken}`, DPoP: proof }
  return watched(`${API}/orders?page=2`, { headers })
}

const textOf = (details: readonly Detail[] | undefined): string => JSON.stringify(details)

describe('a call to the API', () => {
  it('is shown with its proof decoded, and never with the whole token or proof', async () => {
    const request = await callToApi()
    const step = describeRequest(request, API)
    expect(step).toMatchObject({ from: 'browser', to: 'api', request: 'GET /orders' })
    expect(textOf(step.details)).toContain('"htu":"http://localhost:4002/orders"')
    expect(textOf(step.details)).not.toContain(accessToken)
    expect(textOf(step.details)).not.toContain(request.headers.get('DPoP'))
  })

  it('names the key that made the proof', async () => {
    expect(await thumbprintOfProof(await callToApi())).toBe(await jktOf(proofKey))
  })

  it('without a proof, or with one that holds no key, names none', async () => {
    expect(await thumbprintOfProof(await watched(API, {}))).toBeUndefined()

    const proof = await signRawJws({ jwk: { kty: 'EC' } }, {}, proofKey.privateKey)
    expect(
      await thumbprintOfProof(await watched(API, { headers: { DPoP: proof } })),
    ).toBeUndefined()
  })
})

describe('a call to the backend', () => {
  it('is shown with what was sent', async () => {
    const request = await watched('http://localhost:4000/bff/login', {
      method: 'POST',
      body: '{"jkt":"the-thumbprint"}',
    })
    const { to, details } = describeRequest(request, API)
    expect(to).toBe('backend')
    expect(details).toEqual([{ label: 'Sent', value: { jkt: 'the-thumbprint' } }])
  })

  it('with a proof for the authorization server or for the backend shows it decoded, never whole', async () => {
    const clock = (): number => 1_800_000_000
    const target = { htm: 'POST', htu: 'http://localhost:4001/token', accessToken, clock }
    const proof = await (await createProofFactory({ proofKey, ...target })).valid()
    const url = 'http://localhost:4000/bff/token'
    const body = JSON.stringify({ jkt: 'the-thumbprint', token_endpoint_proof: proof })
    for (const init of [{ body }, { body: '{}', headers: { DPoP: proof } }]) {
      const { details } = describeRequest(await watched(url, { method: 'POST', ...init }), API)
      expect(textOf(details)).toContain('"htu":"http://localhost:4001/token"')
      expect(textOf(details)).not.toContain(proof)
    }
  })
})

describe('an answer', () => {
  const answer = (body: string, headers: HeadersInit = {}, status = 200) => ({
    status,
    headers: new Headers(headers),
    body,
  })

  it('with a token is shown with the claims, and never with the token', () => {
    const body = JSON.stringify({ access_token: accessToken, token_type: 'DPoP' })
    const { details } = describeAnswer(answer(body))
    expect(textOf(details)).toContain('"sub":"alice"')
    expect(textOf(details)).not.toContain(accessToken)
  })

  it('with a token says which key that is bound to', async () => {
    const claims = claimsOfTokenAnswer(JSON.stringify({ access_token: accessToken }))
    expect(boundJktOf(claims)).toBe(await jktOf(proofKey))
    for (const unbound of [undefined, {}, { cnf: {} }, { cnf: null }, { cnf: { jkt: 1 } }]) {
      expect(boundJktOf(unbound)).toBeUndefined()
    }
  })

  it('with the address of the sign-in is shown without the values in it', () => {
    const authorizationUrl = 'https://as.example/auth?client_id=a&request_uri=urn:secret'
    const { details } = describeAnswer(
      answer(JSON.stringify({ authorization_url: authorizationUrl })),
    )
    expect(textOf(details)).toContain('https://as.example/auth')
    expect(textOf(details)).toContain('client_id, request_uri')
    expect(textOf(details)).not.toContain('secret')
  })

  it('with a challenge says what the API wants', () => {
    const headers = { 'WWW-Authenticate': 'DPoP error="use_dpop_nonce", algs="ES256"' }
    expect(describeAnswer(answer('', headers, 401))).toMatchObject({ tone: 'failed', word: '401' })
    expect(describeAnswer(answer('', headers, 401)).note).toContain('nonce')
  })

  it('with a demand of the backend says what the page does', () => {
    const noteOf = (error: unknown): unknown =>
      describeAnswer(answer(JSON.stringify({ error }))).note
    expect(noteOf('as_use_dpop_nonce')).toContain('signs once more')
    expect(noteOf('token_endpoint_proof_required')).toContain('needs a proof')
    for (const error of ['toString', '<b>', 1, undefined]) expect(noteOf(error)).toBeUndefined()
  })
})

describe('watchFetch', () => {
  it('changes neither request nor answer, and reads both', async () => {
    const watched: Promise<readonly string[]>[] = []
    const send = watchFetch(
      async (input) => new Response(`got ${await new Request(input).text()}`, { status: 201 }),
      (request, received) => {
        watched.push(received.then(({ body }) => [request.body, body]))
      },
    )
    const response = await send(`${API}/orders`, { method: 'POST', body: 'one' })
    expect(response.status).toBe(201)
    expect(await response.text()).toBe('got one')
    expect(await watched[0]).toEqual(['one', 'got one'])
  })

  it('hands an error to both', async () => {
    const outcomes: string[] = []
    const send = watchFetch(
      async () => Promise.reject(new TypeError('down')),
      (_request, received) => void received.catch(() => outcomes.push('watcher')),
    )
    await expect(send(API)).rejects.toThrow('down')
    expect(outcomes).toEqual(['watcher'])
  })
})
