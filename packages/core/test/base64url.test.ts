import {
  encodeBase64url,
  encodeBase64urlText,
  parseBase64url,
  parseBase64urlText,
} from '@tmb-kit/core'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'

describe('base64url', () => {
  it('RFC 7515 C: encodes the example of the RFC', () => {
    expect(encodeBase64url(Uint8Array.of(3, 236, 255, 224, 193))).toBe('A-z_4ME')
  })

  it('reads back whatever it wrote', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        expect(parseBase64url(encodeBase64url(bytes))).toEqual(bytes)
      }),
      { seed: 9449 },
    )
  })

  it('has one spelling for each value: what it reads, it would have written', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii', maxLength: 12 }), (text) => {
        const bytes = parseBase64url(text)
        return bytes === undefined || encodeBase64url(bytes) === text
      }),
      { seed: 9449, numRuns: 5000 },
    )
  })

  it.each([
    ['padding', 'YQ=='],
    ['the plain alphabet', 'a+/b'],
    ['white space inside', 'YW Jj'],
    ['a line break at the end', 'YWJj\n'],
    ['a length that no bytes have', 'YWJjZ'],
    ['stray bits after one octet', 'YR'],
    ['stray bits after two octets', 'YWJ'],
  ])('RFC 7515 2: refuses %s', (_, text) => {
    expect(parseBase64url(text)).toBeUndefined()
  })

  it('reads UTF-8 text, and refuses what is none', () => {
    expect(parseBase64urlText(encodeBase64urlText('Grüße 🔑'))).toBe('Grüße 🔑')
    expect(parseBase64urlText(encodeBase64url(Uint8Array.of(0xc3, 0x28)))).toBeUndefined()
    expect(parseBase64urlText(encodeBase64url(Uint8Array.of(0xed, 0xa0, 0x80)))).toBeUndefined()
  })

  it('keeps a byte order mark: stripped, it would be a second spelling', () => {
    const withMark = encodeBase64url(Uint8Array.of(0xef, 0xbb, 0xbf, 0x7b, 0x7d))
    expect(parseBase64urlText(withMark)).toBe('\u{feff}{}')
  })
})
