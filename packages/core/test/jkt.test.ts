import { computeJkt, parseJkt } from '@tmb-kit/core'
import { describe, expect, it } from 'vitest'

const KEY = {
  kty: 'EC',
  x: 'l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs',
  y: '9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA',
  crv: 'P-256',
}
const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'

describe('computeJkt', () => {
  it.each([
    ['alg', 'ES256'],
    ['kid', 'some-key'],
    ['use', 'sig'],
    ['key_ops', ['verify']],
    ['ext', true],
    ['d', 'never'],
  ])('BR-04: the extra member %s changes nothing', async (name, value) => {
    expect(await computeJkt({ ...KEY, [name]: value })).toBe(JKT)
    expect(await computeJkt({ [name]: value, ...KEY })).toBe(JKT)
  })

  it.each(['crv', 'x', 'y'])('BR-04: a missing %s is a misuse', async (name) => {
    await expect(computeJkt({ ...KEY, [name]: undefined })).rejects.toThrow(TypeError)
  })

  it.each([undefined, 'oct', 'AKP', 'constructor', ''])(
    'BR-04: a key of type %s is a misuse',
    async (kty) => {
      await expect(computeJkt({ ...KEY, kty } as JsonWebKey)).rejects.toThrow(TypeError)
    },
  )

  it('BR-04: coordinates that begin with a zero octet keep their 43 characters', async () => {
    const found = await findKeyWithLeadingZero()
    expect(found.x).toHaveLength(43)
    expect(found.x?.startsWith('A')).toBe(true)
    expect(parseJkt(await computeJkt(found))).toBeDefined()
  })
})

/** One key in 64 has six zero bits in front, which is what the first character shows. */
async function findKeyWithLeadingZero(): Promise<JsonWebKey> {
  for (;;) {
    const parameters = { name: 'ECDSA', namedCurve: 'P-256' }
    const { publicKey } = await crypto.subtle.generateKey(parameters, false, ['sign', 'verify'])
    const jwk = await crypto.subtle.exportKey('jwk', publicKey)
    if (jwk.x?.startsWith('A')) return jwk
  }
}

describe('parseJkt', () => {
  it('takes a canonical thumbprint as it is', () => {
    expect(parseJkt(JKT)).toBe(JKT)
  })

  it.each([
    ['one character less', JKT.slice(1)],
    ['one character more', `${JKT}A`],
    ['padding', `${JKT}=`],
    ['a last character with stray bits', `${JKT.slice(0, 42)}J`],
    ['the plain base64 alphabet', `+${JKT.slice(1)}`],
    ['white space', ` ${JKT.slice(1)}`],
    ['a line break at the end', `${JKT}\n`],
    ['a number', 43],
    ['an array of one', [JKT]],
    ['null', null],
    ['nothing', undefined],
  ])('RFC 7638 3: refuses %s', (_, value) => {
    expect(parseJkt(value)).toBeUndefined()
  })

  it('RFC 4648 3.5: of the 64 last characters, sixteen are canonical', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
    const accepted = Array.from(alphabet).filter((last) => parseJkt(`${JKT.slice(0, 42)}${last}`))
    expect(accepted).toHaveLength(16)
  })
})
