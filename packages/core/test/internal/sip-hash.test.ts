import { describe, expect, it } from 'vitest'
import { sipHash } from '../../src/replay/sip-hash.js'

// The reference implementation's vectors_sip64: key 00 01 … 0f, message 00 01 … of as many octets.
const VECTORS = [
  '310e0edd47db6f72',
  'fd67dc93c539f874',
  '5a4fa9d909806c0d',
  '2d7efbd796666785',
  'b7877127e09427cf',
  '8da699cd64557618',
  'cee3fe586e46c9cb',
  '37d1018bf50002ab',
  '6224939a79f5f593',
  'b0e4a90bdf82009e',
  'f3b9dd94c5bb5d7a',
  'a7ad6b22462fb3f4',
  'fbe50e86bc8f1e75',
  '903d84c02756ea14',
  'eef27a8e90ca23f7',
  'e545be4961ca29a1',
]

const hashOf = (key: Uint32Array, text: string): string => {
  const result = { high: 0, low: 0 }
  sipHash(key, text, result)
  const octets = new DataView(new ArrayBuffer(8))
  octets.setUint32(0, result.low, true)
  octets.setUint32(4, result.high, true)
  return Buffer.from(octets.buffer).toString('hex')
}
const isOfWholeUnits = ({ octets }: { readonly octets: number }) => octets % 2 === 0
const KEY = new Uint32Array(Uint8Array.from({ length: 16 }, (_, index) => index).buffer)

describe('sipHash', () => {
  it.each(VECTORS.map((expected, octets) => ({ expected, octets })))(
    'SipHash-2-4: gives the reference value for $octets octets',
    ({ expected, octets }) => {
      const message = Array.from({ length: octets }, (_, at) => at)
      expect(hashOf(KEY, String.fromCharCode(...message))).toBe(expected)
    },
  )

  it.each(VECTORS.map((expected, octets) => ({ expected, octets })).filter(isOfWholeUnits))(
    'SipHash-2-4: gives the reference value for $octets octets in wide characters',
    ({ expected, octets }) => {
      const message = Array.from({ length: octets / 2 }, (_, at) => (2 * at) | ((2 * at + 1) << 8))
      expect(hashOf(KEY, String.fromCharCode(...message))).toBe(expected)
    },
  )

  it('depends on every word of the key, and on every character', () => {
    const text = 'a text of some length, longer than a few words'
    const hashes = new Set([hashOf(KEY, text)])
    for (let word = 0; word < 4; word += 1) {
      hashes.add(hashOf(Uint32Array.from(KEY).fill(7, word, word + 1), text))
    }
    for (let at = 0; at < text.length; at += 1) {
      hashes.add(hashOf(KEY, `${text.slice(0, at)}#${text.slice(at + 1)}`))
    }
    expect(hashes.size).toBe(1 + 4 + text.length)
  })

  it('tells a text from the same one with zeros behind it', () => {
    const texts = Array.from({ length: 300 }, (_, zeros) => `a${'\u{0}'.repeat(zeros)}`)
    expect(new Set(texts.map((text) => hashOf(KEY, text))).size).toBe(300)
  })
})
