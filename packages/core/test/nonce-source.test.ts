import { hmacNonceSource } from '@tmb-kit/core'
import { testClock } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'

const OLD = 'the-secret-of-last-month-32-bytes!'
const NEW = 'the-secret-of-this-month-32-bytes!'
const START = 1_800_000_000

describe('hmacNonceSource', () => {
  it('RS-DPOP-19: makes printable nonces that nobody can foresee', async () => {
    const source = hmacNonceSource({ secrets: [NEW], clock: testClock() })
    expect(await source.current()).toMatch(/^[A-Za-z0-9_-]{43}$/)
    const other = hmacNonceSource({ secrets: [OLD], clock: testClock() })
    expect(await other.current()).not.toBe(await source.current())
  })

  it('RS-DPOP-20: two instances with one secret know each other’s nonces', async () => {
    const clock = testClock()
    const nonce = await hmacNonceSource({ secrets: [NEW], clock }).current()
    expect(await hmacNonceSource({ secrets: [NEW], clock }).accepts(nonce)).toBe(true)
  })

  it('RS-DPOP-20: an instance whose clock is a little ahead is understood', async () => {
    const ahead = await hmacNonceSource({ secrets: [NEW], clock: () => START }).current()
    const behind = hmacNonceSource({ secrets: [NEW], clock: () => START - 1 })
    expect(await behind.current()).not.toBe(ahead)
    expect(await behind.accepts(ahead)).toBe(true)
  })

  it('RS-DPOP-20: secrets rotate, and the old one’s nonces go on counting', async () => {
    const clock = testClock()
    const before = await hmacNonceSource({ secrets: [OLD], clock }).current()
    const rotated = hmacNonceSource({ secrets: [NEW, OLD], clock })
    expect(await rotated.accepts(before)).toBe(true)
    expect(await rotated.current()).not.toBe(before)
    expect(await hmacNonceSource({ secrets: [NEW], clock }).accepts(before)).toBe(false)
  })

  it.each([0, 1, 150, 299])(
    'RS-DPOP-19: a nonce made %i s into its window lives half its lifetime at least, twice at most',
    async (offset) => {
      let now = START + offset
      const source = hmacNonceSource({ secrets: [NEW], lifetimeSeconds: 300, clock: () => now })
      const nonce = await source.current()
      now += 150
      expect(await source.accepts(nonce)).toBe(true)
      now = START + offset + 600
      expect(await source.accepts(nonce)).toBe(false)
    },
  )

  it('RS-DPOP-19: refuses foreign, altered and empty nonces', async () => {
    const source = hmacNonceSource({ secrets: [NEW], clock: testClock() })
    const nonce = await source.current()
    const altered = `${nonce.slice(0, -1)}${nonce.endsWith('A') ? 'E' : 'A'}`
    for (const bad of ['', 'eyJ7S_zG.eyJH0-Z.HX4w-7v', altered, `${nonce}A`, nonce.slice(1)]) {
      expect(await source.accepts(bad)).toBe(false)
    }
    expect(await source.accepts(nonce)).toBe(true)
  })

  it('RS-DPOP-19: a nonce of another lifetime is a foreign one', async () => {
    const clock = testClock()
    const nonce = await hmacNonceSource({ secrets: [NEW], lifetimeSeconds: 60, clock }).current()
    expect(
      await hmacNonceSource({ secrets: [NEW], lifetimeSeconds: 90, clock }).accepts(nonce),
    ).toBe(false)
  })

  it.each([
    [[]],
    [undefined],
    ['a string of thirty-two bytes or more'],
    [['too short']],
    [[NEW, 'too short']],
    [[new Uint8Array(32)]],
  ])('refuses the secrets %j at construction', (secrets) => {
    expect(() => hmacNonceSource({ secrets: secrets as string[] })).toThrow(TypeError)
  })

  it.each([0, -1, 1.5, Number.NaN])('refuses a lifetime of %d s', (lifetimeSeconds) => {
    expect(() => hmacNonceSource({ secrets: [NEW], lifetimeSeconds })).toThrow(TypeError)
  })
})
