// Under a key of small order one signature fits many messages, so such a key proves nothing. Node 20
// and 22 verify such forgeries, 24 does not: it is refused here, wherever we run. These are the y
// coordinates of the eight points, little-endian, without the sign bit. See the table of RFC 7748 section 7 and Ed25519's own cofactor of 8.
const SMALL_ORDER_Y: ReadonlySet<string> = new Set([
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
])

/** 2^255 - 19 begins here: the y coordinates at or above it are second spellings of small ones. */
const NON_CANONICAL_Y = /^(?:e[d-f]|f[0-9a-f])f{60}7f$/

/** Whether an Ed25519 public key is of small order, or not the one spelling of its point. */
export function isWeakEd25519Key(publicKey: Uint8Array): boolean {
  const y = Array.from(publicKey, (octet, index) =>
    (index === 31 ? octet & 0x7f : octet).toString(16).padStart(2, '0'),
  ).join('')
  return SMALL_ORDER_Y.has(y) || NON_CANONICAL_Y.test(y)
}
