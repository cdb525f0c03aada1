import { generateProofKey, signRawJws } from '@tmb-kit/testkit'
import { describe, expect, it } from 'vitest'
import { decodeJws, shorten } from '../src/decode-jws.js'

describe('decodeJws', () => {
  it('opens a token for reading', async () => {
    const { privateKey } = await generateProofKey()
    const claims = { sub: 'alice', name: 'Zoë' }
    const token = await signRawJws({ typ: 'at+jwt' }, claims, privateKey)
    expect(decodeJws(token)).toEqual({
      header: { typ: 'at+jwt' },
      claims,
    })
  })

  it.each(['', 'opaque', 'a.b', 'e30.e30', 'e30.e30.c2ln.e30', 'e30.!!.c2ln', 'W10.e30.c2ln'])(
    'has nothing to show for %j',
    (compact) => expect(decodeJws(compact)).toBeUndefined(),
  )
})

describe('shorten', () => {
  it('shows so little of a token that it is of no use', () => {
    expect(shorten('eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2ln')).toBe(
      'eyJhbGciOiJF… (46 characters)',
    )
  })
})
