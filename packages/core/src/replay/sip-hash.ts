/** 64 bits in two halves, each an unsigned 32-bit number. Written over by the next hash. */
export interface Fingerprint {
  high: number
  low: number
}

const LOW_HALVES = [0x70736575, 0x6e646f6d, 0x6e657261, 0x79746573] as const
const HIGH_HALVES = [0x736f6d65, 0x646f7261, 0x6c796765, 0x74656462] as const

/**
 * SipHash-2-4 of a text's octets, one for each character: a keyed hash that is made for tables whose
 * contents a stranger chooses. Without the key nobody can find two texts with one hash.
 *
 * A text with a character beyond 255 is hashed as UTF-16 code units, little-endian. That two texts of
 * different kinds could have the same octets does not matter where all begin with the same ASCII.
 *
 * Arithmetic is on 32-bit halves, since BigInt is some fifty times slower.
 *
 * @param key 128 random bits, as four numbers of 32.
 * @see https://www.aumasson.jp/siphash/siphash.pdf
 */
export function sipHash(key: Uint32Array, text: string, result: Fingerprint): void {
  if (hashUnits(key, text, 1, result) > 0xff) hashUnits(key, text, 2, result)
}

/** @returns The bits of all characters together, which tell whether one octet was enough for each. */
function hashUnits(
  key: Uint32Array,
  text: string,
  octetsOfUnit: 1 | 2,
  result: Fingerprint,
): number {
  const [key0 = 0, key1 = 0, key2 = 0, key3 = 0] = key
  let low0 = LOW_HALVES[0] ^ key0
  let high0 = HIGH_HALVES[0] ^ key1
  let low1 = LOW_HALVES[1] ^ key2
  let high1 = HIGH_HALVES[1] ^ key3
  let low2 = LOW_HALVES[2] ^ key0
  let high2 = HIGH_HALVES[2] ^ key1
  let low3 = LOW_HALVES[3] ^ key2
  let high3 = HIGH_HALVES[3] ^ key3

  const { length } = text
  const unitsOfHalf = 4 / octetsOfUnit
  const bitsOfUnit = octetsOfUnit * 8
  const lastWord = Math.floor(length / (unitsOfHalf * 2))
  let at = 0
  let seen = 0
  for (let word = 0; word <= lastWord + 1; word += 1) {
    let low = 0
    let high = 0
    let rounds = 2
    if (word <= lastWord) {
      for (let shift = 0; shift < 32 && at < length; shift += bitsOfUnit) {
        const unit = text.charCodeAt(at++)
        seen |= unit
        low |= unit << shift
      }
      for (let shift = 0; shift < 32 && at < length; shift += bitsOfUnit) {
        const unit = text.charCodeAt(at++)
        seen |= unit
        high |= unit << shift
      }
      // The last word ends in the number of octets.
      if (word === lastWord) high |= (length * octetsOfUnit) << 24
    } else {
      low2 ^= 0xff
      rounds = 4
    }

    low3 ^= low
    high3 ^= high
    for (let round = 0; round < rounds; round += 1) {
      let sum = (low0 >>> 0) + (low1 >>> 0)
      high0 = (high0 + high1 + (sum > 0xffffffff ? 1 : 0)) | 0
      low0 = sum | 0
      let turned = (low1 << 13) | (high1 >>> 19)
      high1 = ((high1 << 13) | (low1 >>> 19)) ^ high0
      low1 = turned ^ low0
      turned = low0
      low0 = high0
      high0 = turned

      sum = (low2 >>> 0) + (low3 >>> 0)
      high2 = (high2 + high3 + (sum > 0xffffffff ? 1 : 0)) | 0
      low2 = sum | 0
      turned = (low3 << 16) | (high3 >>> 16)
      high3 = ((high3 << 16) | (low3 >>> 16)) ^ high2
      low3 = turned ^ low2

      sum = (low0 >>> 0) + (low3 >>> 0)
      high0 = (high0 + high3 + (sum > 0xffffffff ? 1 : 0)) | 0
      low0 = sum | 0
      turned = (low3 << 21) | (high3 >>> 11)
      high3 = ((high3 << 21) | (low3 >>> 11)) ^ high0
      low3 = turned ^ low0

      sum = (low2 >>> 0) + (low1 >>> 0)
      high2 = (high2 + high1 + (sum > 0xffffffff ? 1 : 0)) | 0
      low2 = sum | 0
      turned = (low1 << 17) | (high1 >>> 15)
      high1 = ((high1 << 17) | (low1 >>> 15)) ^ high2
      low1 = turned ^ low2
      turned = low2
      low2 = high2
      high2 = turned
    }
    low0 ^= low
    high0 ^= high
  }
  result.low = (low0 ^ low1 ^ low2 ^ low3) >>> 0
  result.high = (high0 ^ high1 ^ high2 ^ high3) >>> 0
  return seen
}
