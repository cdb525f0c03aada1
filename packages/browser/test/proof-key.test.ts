import { computeJkt } from '@tmb-kit/core'
import { beforeEach, describe, expect, it } from 'vitest'
import { readRecords } from './support/records.js'
import { claimsOf, createWorld, keyOf, proofOf, settled, API, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})

describe('the proof key', () => {
  it('BR-01: the stored private key signs, and cannot be exported', async () => {
    await keyOf(world.openTab())
    const [record] = (await readRecords()) as [CryptoKeyPair]
    const { privateKey } = record
    expect(privateKey.extractable).toBe(false)
    expect(privateKey.usages).toEqual(['sign'])
    expect(privateKey.algorithm).toMatchObject({ name: 'ECDSA', namedCurve: 'P-256' })
    for (const format of ['jwk', 'pkcs8'] as const) {
      await expect(crypto.subtle.exportKey(format, privateKey)).rejects.toMatchObject({
        name: expect.stringMatching(/^InvalidAccess/),
      })
    }
  })

  it('BR-02: what is stored are two CryptoKey objects, and nothing that is text', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    const [record, ...others] = (await readRecords()) as [CryptoKeyPair]
    expect(others).toEqual([])
    expect(Object.keys(record).toSorted()).toEqual(['privateKey', 'publicKey'])
    expect(record.privateKey).toBeInstanceOf(CryptoKey)
    expect(record.publicKey).toBeInstanceOf(CryptoKey)
  })

  it('BR-03: twenty tabs that open at once have one key', async () => {
    const jkts = await Promise.all(Array.from({ length: 20 }, async () => keyOf(world.openTab())))
    await settled()
    expect(new Set(jkts).size).toBe(1)
    expect(await keyOf(world.openTab())).toBe(jkts[0])
  })

  it('BR-04: the jkt is the RFC 7638 thumbprint of the key in the proof', async () => {
    const tab = await world.signIn()
    await tab.tmb.fetch(`${API}/orders`)
    const [request] = world.requestsTo('/orders')
    const { jwk, jkt } = await proofOf(request!)
    expect(await computeJkt(jwk)).toBe(jkt)
    expect(await keyOf(tab)).toBe(jkt)
  })

  it('a reload, and a second tab, find the same key', async () => {
    const jkt = await keyOf(world.openTab())
    expect(await keyOf(world.openTab())).toBe(jkt)
  })

  it('the store is read once, however many requests a page makes', async () => {
    const tab = await world.signIn()
    const read = countOpens()
    for (let call = 0; call < 5; call += 1) await tab.tmb.fetch(`${API}/orders`)
    expect(read()).toBe(0)
    await world.openTab().tmb.fetch(`${API}/orders`)
    expect(read()).toBe(1)
  })

  it('two applications of one origin have a key each', async () => {
    const jkt = await keyOf(world.openTab())
    world.intercept('/admin/session', () => Response.json({ active: false }))
    expect(await keyOf(world.openTab({ backendUrl: 'https://app.test/admin' }))).not.toBe(jkt)
  })
})

describe('a proof', () => {
  it('BR-05: names its type, its algorithm, and the public members of the key', async () => {
    const { tmb } = await world.signIn()
    const { dpop } = await tmb.authorize({ method: 'GET', url: `${API}/orders` })
    const header = JSON.parse(Buffer.from(dpop.split('.')[0]!, 'base64url').toString()) as object
    expect(header).toEqual({
      typ: 'dpop+jwt',
      alg: 'ES256',
      jwk: { kty: 'EC', crv: 'P-256', x: expect.any(String), y: expect.any(String) },
    })
  })

  it('BR-06: a thousand proofs of two pages have two thousand jti, each with 122 random bits', async () => {
    const { tmb } = await world.signIn()
    const other = world.openTab()
    const seen = new Set<string>()
    for (let count = 0; count < 2000; count += 1) {
      const { dpop } = await (count % 2 === 0 ? tmb : other.tmb).authorize({
        method: 'GET',
        url: `${API}/orders`,
      })
      const claims = JSON.parse(Buffer.from(dpop.split('.')[1]!, 'base64url').toString()) as {
        jti: string
      }
      expect(claims.jti).toMatch(
        /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}-\d+$/,
      )
      seen.add(claims.jti)
    }
    expect(seen.size).toBe(2000)
  })

  const WIRE_FORMS: readonly (readonly [string, string, string, string])[] = [
    ['query and fragment left out', 'GET', `${API}/x?y=1#z`, `${API}/x`],
    ['default port and dot segments gone', 'GET', 'https://API.test:443/a/../b', `${API}/b`],
    ['an empty path is a slash', 'get', API, `${API}/`],
    ['encodings as they are on the wire', 'DELETE', `${API}/a%7eb/ü`, `${API}/a%7eb/%C3%BC`],
    ['a method of its own', 'PATCH', `${API}/orders/1`, `${API}/orders/1`],
  ]
  it.each(WIRE_FORMS)('BR-07: htm and htu are as sent: %s', async (_, method, url, htu) => {
    const { tmb } = await world.signIn()
    await tmb.fetch(url, { method })
    const request = world.requests.at(-1)!
    expect(await claimsOf(request)).toMatchObject({ htm: request.method, htu })
  })

  it('BR-07: a Request object counts with its own method', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(new Request(`${API}/orders`, { method: 'POST', body: 'x' }))
    expect(await claimsOf(world.requests.at(-1)!)).toMatchObject({ htm: 'POST' })
  })

  it('BR-08: iat is the present, in whole seconds', async () => {
    const { tmb } = await world.signIn()
    await tmb.fetch(`${API}/orders`)
    expect(await claimsOf(world.requests.at(-1)!)).toMatchObject({ iat: world.clock() })
  })

  it.each([300, -300, 86_400])(
    'BR-08: iat follows the backend’s clock where this machine’s is %i s off',
    async (seconds) => {
      const { tmb } = await world.signIn({ clock: () => world.clock() + seconds })
      await tmb.fetch(`${API}/orders`)
      expect(await claimsOf(world.requests.at(-1)!)).toMatchObject({ iat: world.clock() })
      world.clock.advance(10)
      await tmb.fetch(`${API}/orders`)
      expect(await claimsOf(world.requests.at(-1)!)).toMatchObject({ iat: world.clock() })
    },
  )

  it('BR-09: ath is the hash of the token that goes along, and changes with it', async () => {
    const { tmb } = await world.signIn()
    world.intercept('/bff/token', async (request) => {
      const { jkt, refresh } = (await request.json()) as { jkt: string; refresh: boolean }
      // The token of RFC 9449 section 7.1.
      const token = refresh ? 'another' : 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
      return Response.json({ access_token: token, token_type: 'DPoP', expires_in: 300, jkt })
    })
    await tmb.fetch(`${API}/orders`)
    const first = await claimsOf(world.requests.at(-1)!)
    expect(first.ath).toBe('fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
    await tmb.renew()
    await tmb.fetch(`${API}/orders`)
    const second = await claimsOf(world.requests.at(-1)!)
    expect(second.ath).not.toBe(first.ath)
  })
})

function countOpens(): () => number {
  const open = indexedDB.open.bind(indexedDB)
  let opens = 0
  indexedDB.open = (...values) => {
    opens += 1
    return open(...values)
  }
  return () => opens
}
