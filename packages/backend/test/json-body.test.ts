import { describe, expect, it } from 'vitest'
import { deploy } from './support/deployment.js'
import { ORIGIN } from './support/test-browser.js'

const { browser, jkt, signIn, token } = await deploy()
await signIn()

const body = (rest: string): string => `{"jkt":"${jkt}"${rest}}`
const padded = (octets: number): string => {
  const empty = body(',"p":""')
  return body(`,"p":"${'x'.repeat(octets - empty.length)}"`)
}

const encode = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)

/** As long as before, and no UTF-8: the last octet of the character became a letter. */
const cutOff = (text: string): Uint8Array<ArrayBuffer> =>
  encode(text).map((octet) => (octet === 0xa9 ? 0x78 : octet))

const REFUSED: readonly (readonly [string, string, number, string])[] = [
  ['an empty body', '', 400, 'invalid_request'],
  ['no JSON', 'jkt=x', 400, 'invalid_request'],
  ['an array', '[]', 400, 'invalid_request'],
  ['null', 'null', 400, 'invalid_request'],
  ['a string', '"x"', 400, 'invalid_request'],
  ['two documents', `${body('')}{}`, 400, 'invalid_request'],
  ['a repeated member', body(`,"jkt":"${jkt}"`), 400, 'invalid_request'],
  ['a repeated member, spelled with an escape', body(`,"\\u006akt":"x"`), 400, 'invalid_request'],
  ['a repeated member deep inside', body(',"a":{"b":1,"b":2}'), 400, 'invalid_request'],
  ['__proto__', body(',"__proto__":{}'), 400, 'invalid_request'],
  ['nine levels', body(`,"a":${'['.repeat(8)}${']'.repeat(8)}`), 400, 'invalid_request'],
  ['8193 bytes', padded(8193), 413, 'too_large'],
]

const ANNOUNCED: readonly (readonly [string, Uint8Array<ArrayBuffer> | string, number])[] = [
  ...REFUSED.map(([name, sent, status]) => [name, sent, status] as const),
  ['text cut off inside a character', cutOff(body(',"a":"é"')), 400],
  ['U+FFFD, which stands for what was no text', body(',"a":"\uFFFD"'), 400],
  ['8193 bytes in fewer characters', padded(8192).replace('x', 'é'), 413],
]

describe('JSON bodies', () => {
  it.each(REFUSED)('POST /token with %s is refused', async (_name, sent, status, error) => {
    expect((await token()).status).toBe(200)
    const answer = await browser.post('/bff/token', sent)
    expect(answer.status).toBe(status)
    expect(await answer.json()).toMatchObject({ error })
    expect((await token()).status).toBe(200)
  })

  it.each([
    ['8192 bytes', padded(8192)],
    ['eight levels', body(`,"a":${'['.repeat(7)}${']'.repeat(7)}`)],
    ['members that nobody knows', body(',"tmb":{"jkt":"x"},"grant_type":"x"')],
  ])('POST /token takes %s', async (_name, sent) => {
    expect((await browser.post('/bff/token', sent)).status).toBe(200)
  })

  it.each([
    ['none', undefined],
    ['a form', 'application/x-www-form-urlencoded'],
    ['text', 'text/plain'],
    ['a longer name', 'application/jsonp'],
    ['JSON as a parameter', 'text/plain; application/json'],
  ])('a content type of %s is 415', async (_name, type) => {
    for (const path of ['/bff/login', '/bff/token', '/bff/logout']) {
      const octets = new TextEncoder().encode(body(''))
      const headers = new Headers({ 'X-CSRF': '1', Origin: ORIGIN })
      if (type !== undefined) headers.set('Content-Type', type)
      const answer = await browser.send(
        new Request(`${ORIGIN}${path}`, { method: 'POST', headers, body: octets }),
      )
      expect(answer.status).toBe(415)
      expect(await answer.json()).toMatchObject({ error: 'unsupported_media_type' })
    }
  })

  it.each(['application/json', 'Application/JSON', 'application/json; charset=utf-8'])(
    'a content type of %s is taken',
    async (type) => {
      const headers = { 'Content-Type': type }
      expect((await browser.post('/bff/token', body(''), headers)).status).toBe(200)
    },
  )

  it('a body without an end is cut off while it is read', async () => {
    let sent = 0
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => {
        sent += 1024
        controller.enqueue(new Uint8Array(1024).fill(0x20))
      },
    })
    const headers = { 'X-CSRF': '1', Origin: ORIGIN, 'Content-Type': 'application/json' }
    const init = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit
    const answer = await browser.send(new Request(`${ORIGIN}/bff/token`, init))
    expect(answer.status).toBe(413)
    expect(sent).toBeLessThan(20_000)
  })

  it.each(ANNOUNCED)(
    'the same where the length is announced: %s is refused',
    async (_name, sent, status) => {
      const announced = async (sent: Uint8Array<ArrayBuffer> | string): Promise<number> => {
        const octets = typeof sent === 'string' ? encode(sent) : sent
        const headers = { 'X-CSRF': '1', Origin: ORIGIN, 'Content-Type': 'application/json' }
        const length = { 'Content-Length': String(octets.length) }
        const init = { method: 'POST', headers: { ...headers, ...length }, body: octets }
        return (await browser.send(new Request(`${ORIGIN}/bff/token`, init))).status
      }
      expect(await announced(body(',"a":"é"'))).toBe(200)
      expect(await announced(sent)).toBe(status)
      expect(await announced(padded(8192))).toBe(200)
    },
  )

  it('a length that was announced too short lets no more through', async () => {
    const headers = { 'X-CSRF': '1', Origin: ORIGIN, 'Content-Type': 'application/json' }
    for (const sent of [padded(8193), padded(8192).replace('x', 'é')]) {
      const init = { method: 'POST', headers: { ...headers, 'Content-Length': '60' }, body: sent }
      const answer = await browser.send(new Request(`${ORIGIN}/bff/token`, init))
      expect(answer.status).toBe(413)
    }
  })

  it('text that is not UTF-8 is refused', async () => {
    const headers = { 'X-CSRF': '1', Origin: ORIGIN, 'Content-Type': 'application/json' }
    const octets = new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d])
    const answer = await browser.send(
      new Request(`${ORIGIN}/bff/token`, { method: 'POST', headers, body: octets }),
    )
    expect(answer.status).toBe(400)
  })
})
