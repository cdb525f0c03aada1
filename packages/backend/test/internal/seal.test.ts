import { describe, expect, it } from 'vitest'
import * as onNode from '../../src/session/aes-gcm-node.js'
import * as onWeb from '../../src/session/aes-gcm-web.js'
import { createSealer } from '../../src/session/seal.js'

const secret = 'a-secret-of-more-than-thirty-two-bytes'
const context = { purpose: 'login', name: 'one' } as const

describe('seal', () => {
  it('SES-10: opens under its own name and for its own purpose only', async () => {
    const sealer = createSealer([secret])
    const sealed = await sealer.seal({ a: 1 }, context)
    expect(await sealer.open(sealed, context)).toEqual({ a: 1 })
    expect(await sealer.open(sealed, { ...context, name: 'two' })).toBeUndefined()
    expect(await sealer.open(sealed, { ...context, purpose: 'session' })).toBeUndefined()
    expect(await createSealer([`${secret}!`]).open(sealed, context)).toBeUndefined()
    expect(await createSealer([`${secret}!`, secret]).open(sealed, context)).toEqual({ a: 1 })
  })

  it('seals the same value differently each time', async () => {
    const sealer = createSealer([secret])
    expect(await sealer.seal({}, context)).not.toBe(await sealer.seal({}, context))
  })
})

describe('the two halves of the encryption', () => {
  const halves = { node: onNode, web: onWeb }
  it.each([
    ['node', 'web'],
    ['web', 'node'],
  ] as const)('SES-10: what the %s half seals, the %s half opens', async (from, to) => {
    const sealKey = await halves[from].deriveSealKey(secret, 'info')
    const other = await halves[to].deriveSealKey(secret, 'info')
    const sealed = new Uint8Array(await sealKey.encrypt('Ærø', 'name'))
    expect(await other.decrypt(sealed, 'name')).toBe('Ærø')
    expect(await other.decrypt(sealed, 'other')).toBeUndefined()
  })

  it.each(['node', 'web'] as const)(
    'SES-10: the %s half opens nothing that was altered anywhere, or cut short',
    async (name) => {
      const sealKey = await halves[name].deriveSealKey(secret, 'info')
      const sealed = new Uint8Array(await sealKey.encrypt('{}', 'name'))
      for (let index = 0; index < sealed.length; index += 1) {
        const altered = sealed.map((octet, at) => (at === index ? octet ^ 1 : octet))
        expect(await sealKey.decrypt(altered, 'name')).toBeUndefined()
      }
      expect(await sealKey.decrypt(sealed.slice(0, -1), 'name')).toBeUndefined()
      expect(await sealKey.decrypt(sealed, 'name')).toBe('{}')
    },
  )
})

describe('a sealer that remembers', () => {
  it('SES-10: refuses an altered value after it opened the good one, and keeps no more than it may', async () => {
    const sealer = createSealer([secret], { remembers: 2 })
    const values = await Promise.all([1, 2, 3].map(async (a) => sealer.seal({ a }, context)))
    for (const [index, sealed] of [...values.entries(), ...values.entries()]) {
      expect(await sealer.open(sealed, context)).toEqual({ a: index + 1 })
      expect(await sealer.open(`${sealed}A`, context)).toBeUndefined()
      expect(await sealer.open(sealed, { ...context, name: 'two' })).toBeUndefined()
      expect(await sealer.open(sealed, { ...context, purpose: 'code' })).toBeUndefined()
    }
  })
})
