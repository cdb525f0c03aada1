import { describe, expect, it } from 'vitest'
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
