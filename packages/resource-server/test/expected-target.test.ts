import { beforeEach, describe, expect, it } from 'vitest'
import { API } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const judge = async (origins: readonly string[], url: string, htu: string): Promise<string> => {
  const request = await world.request({ url, htu })
  return (await outcomeOf(world.verifier({ origins }), request)).code
}

describe('RS-DPOP-13: the expected origin comes from configuration', () => {
  it('a proof for an evil server, relayed with its Host, is refused', async () => {
    expect(await judge([API], 'https://evil-rs.test/x', 'https://evil-rs.test/x')).toBe(
      'proof_htu_mismatch',
    )
  })

  it('behind a proxy that changes Host and scheme, the public URL is the one that counts', async () => {
    expect(await judge([API], 'http://10.0.0.7:8080/x', `${API}/x`)).toBe('accepted')
    expect(await judge([API], 'http://10.0.0.7:8080/x', 'http://10.0.0.7:8080/x')).toBe(
      'proof_htu_mismatch',
    )
  })

  it('X-Forwarded-Host and Forwarded are not believed', async () => {
    const headers = {
      'X-Forwarded-Host': 'evil-rs.test',
      'X-Forwarded-Proto': 'https',
      Forwarded: 'host=evil-rs.test;proto=https',
    }
    const request = await world.request({ htu: 'https://evil-rs.test/orders', headers })
    expect((await outcomeOf(world.verifier(), request)).code).toBe('proof_htu_mismatch')
  })

  it('of several origins, the request’s own is expected', async () => {
    const origins = ['https://a.test', 'https://b.test']
    expect(await judge(origins, 'https://b.test/x', 'https://b.test/x')).toBe('accepted')
    expect(await judge(origins, 'https://b.test/x', 'https://a.test/x')).toBe('proof_htu_mismatch')
    expect(await judge(origins, 'https://a.test/x', 'https://b.test/x')).toBe('proof_htu_mismatch')
  })

  it('a request whose origin is none of several is judged against the first', async () => {
    const origins = ['https://a.test', 'https://b.test']
    expect(await judge(origins, 'https://c.test/x', 'https://a.test/x')).toBe('accepted')
    expect(await judge(origins, 'https://c.test/x', 'https://b.test/x')).toBe('proof_htu_mismatch')
    expect(await judge(origins, 'https://c.test/x', 'https://c.test/x')).toBe('proof_htu_mismatch')
  })

  it('a mount prefix that arrives stays, and one that was taken off is put back', async () => {
    const origins = [`${API}/shop`]
    expect(await judge(origins, `${API}/shop/orders`, `${API}/shop/orders`)).toBe('accepted')
    expect(await judge(origins, `${API}/orders`, `${API}/shop/orders`)).toBe('accepted')
    expect(await judge(origins, `${API}/orders`, `${API}/orders`)).toBe('proof_htu_mismatch')
    expect(await judge(origins, `${API}/shop/orders`, `${API}/orders`)).toBe('proof_htu_mismatch')
  })

  it('a prefix ends at a slash', async () => {
    const origins = [`${API}/shop/`]
    expect(await judge(origins, `${API}/shop`, `${API}/shop`)).toBe('accepted')
    expect(await judge(origins, `${API}/shopping`, `${API}/shop/shopping`)).toBe('accepted')
    expect(await judge(origins, `${API}/shopping`, `${API}/shopping`)).toBe('proof_htu_mismatch')
  })

  it('of several prefixes at one origin, the path chooses', async () => {
    const origins = [`${API}/v1`, `${API}/v2`]
    expect(await judge(origins, `${API}/v2/x`, `${API}/v2/x`)).toBe('accepted')
    expect(await judge(origins, `${API}/v2/x`, `${API}/v1/v2/x`)).toBe('proof_htu_mismatch')
    expect(await judge(origins, `http://inside:80/v2/x`, `${API}/v2/x`)).toBe('accepted')
  })

  it('a trailing slash of an origin is no prefix', async () => {
    expect(await judge([`${API}/`], `${API}/x`, `${API}/x`)).toBe('accepted')
  })
})
