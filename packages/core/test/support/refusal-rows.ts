import { encodeBase64url, type ProofErrorCode, type VerifyProofOptions } from '@tmb-kit/core'
import { generateProofKey, type ProofChanges, type ProofFactory } from '@tmb-kit/testkit'

/** A valid proof with one thing wrong, and the code that names it. */
export interface RefusalRow {
  readonly item: string
  readonly wrong: string
  readonly code: ProofErrorCode
  /** What is changed in the proof before it is signed. */
  readonly changes?: ProofChanges
  /** What is done to the whole proof afterwards. */
  readonly mutate?: (proof: string, factory: ProofFactory) => string | Promise<string>
  /** What the verifier expects, beside the request. */
  readonly options?: Partial<VerifyProofOptions>
}

const ZERO = 'A'.repeat(43)
const JKT_OF_ANOTHER = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const P384 = 'A'.repeat(64)

const inParts = (change: (parts: string[]) => string[]) => (proof: string) =>
  change(proof.split('.')).join('.')
const header = (members: Readonly<Record<string, unknown>>): ProofChanges => ({ header: members })
const claims = (members: Readonly<Record<string, unknown>>): ProofChanges => ({ claims: members })

/** Changes members of the key that the proof really has. */
const jwk = (change: (jwk: Record<string, unknown>) => Record<string, unknown>) => ({
  async mutate(_: string, factory: ProofFactory): Promise<string> {
    const valid = await factory.valid()
    const parsed = JSON.parse(atob(valid.split('.')[0]!.replaceAll('-', '+').replaceAll('_', '/')))
    return factory.with({
      header: { jwk: change((parsed as { jwk: Record<string, unknown> }).jwk) },
    })
  },
})

const rows = (
  item: string,
  code: ProofErrorCode,
  list: Readonly<Record<string, Omit<RefusalRow, 'item' | 'wrong' | 'code'>>>,
): readonly RefusalRow[] =>
  Object.entries(list).map(([wrong, row]) => ({ item, wrong, code, ...row }))

/** RFC 9449 section 4.3, item by item. */
export const REFUSAL_ROWS: readonly RefusalRow[] = [
  ...rows('item 1', 'proof_missing', { 'an empty field': { mutate: () => '' } }),
  ...rows('item 1', 'proof_repeated', {
    'two fields, joined': {
      mutate: async (proof, factory) => `${proof}, ${await factory.valid()}`,
    },
    'the same field twice': { mutate: (proof) => `${proof},${proof}` },
    'a field and an empty one': { mutate: (proof) => `${proof}, ` },
  }),
  ...rows('item 2', 'proof_too_large', {
    'more than 8 KiB': { changes: claims({ padding: 'x'.repeat(8192) }) },
    'garbage of 100 kB': { mutate: () => 'x'.repeat(100_000) },
  }),
  ...rows('item 2', 'proof_malformed', {
    'no JWS': { mutate: () => 'proof' },
    'two segments': { mutate: inParts((parts) => parts.slice(0, 2)) },
    'four segments': { mutate: (proof) => `${proof}.` },
    'five segments, as a JWE has': { mutate: (proof) => `${proof}.AAAA.AAAA` },
    'an empty signature': { mutate: inParts(([head, body]) => [head!, body!, '']) },
    'an empty header': { mutate: inParts(([, body, tail]) => ['', body!, tail!]) },
    'an empty payload': { mutate: inParts(([head, , tail]) => [head!, '', tail!]) },
    'padding on the signature': { mutate: (proof) => `${proof}==` },
    'padding on the header': { mutate: inParts(([head, ...rest]) => [`${head}=`, ...rest]) },
    'white space inside': { mutate: inParts(([head, ...rest]) => [`${head} `, ...rest]) },
    'a line break at the end': { mutate: (proof) => `${proof}\n` },
    'the plain base64 alphabet': { mutate: inParts(([head, body]) => [head!, body!, '+/+/']) },
    'stray bits at the end of the signature': {
      // 64 octets leave four bits in the last character.
      mutate: (proof) =>
        `${proof.slice(0, -1)}${{ A: 'B', Q: 'R', g: 'h', w: 'x' }[proof.at(-1)!]}`,
    },
    'a header that is no JSON': { changes: { rawHeader: '{"typ":"dpop+jwt"' } },
    'a header that is an array': { changes: { rawHeader: '[]' } },
    'a payload that is no object': { changes: { rawClaims: '"claims"' } },
    'a payload that is null': { changes: { rawClaims: 'null' } },
    'a header that is not UTF-8': {
      mutate: inParts(([, ...rest]) => [encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d)), ...rest]),
    },
    'a byte order mark before the payload': { changes: { rawClaims: '\u{feff}{}' } },
    'a member given twice': { changes: { rawClaims: '{"jti":"a","jti":"b"}' } },
    'a header member given twice': { changes: { rawHeader: '{"alg":"ES256","alg":"none"}' } },
    'a member given twice, once escaped': { changes: { rawClaims: '{"htm":"A","\\u0068tm":"B"}' } },
    'the member __proto__': { changes: { rawClaims: '{"__proto__":{}}' } },
    'nesting nine levels deep': { changes: { rawClaims: `${'{"a":'.repeat(9)}1${'}'.repeat(9)}` } },
  }),
  ...rows('item 3', 'proof_claims_invalid', {
    'no jti': { changes: claims({ jti: undefined }) },
    'an empty jti': { changes: claims({ jti: '' }) },
    'a jti that is a number': { changes: claims({ jti: 7 }) },
    'a jti of 257 characters': { changes: claims({ jti: 'x'.repeat(257) }) },
    'no htm': { changes: claims({ htm: undefined }) },
    'an htm that is an array': { changes: claims({ htm: ['POST'] }) },
    'no htu': { changes: claims({ htu: undefined }) },
    'an htu that is null': { changes: claims({ htu: null }) },
    'no iat': { changes: claims({ iat: undefined }) },
    'an iat that is a string': { changes: claims({ iat: '1800000000' }) },
    'an iat that is null': { changes: claims({ iat: null }) },
    'an iat with a fraction': { changes: claims({ iat: 1_800_000_000.5 }) },
    'a negative iat': { changes: claims({ iat: -1 }) },
    'an iat beyond whole numbers': {
      changes: { rawClaims: '{"jti":"a","htm":"POST","htu":"https://rs.test/orders","iat":1e400}' },
    },
    'an exp that is a string': { changes: claims({ exp: '1900000000' }) },
    'an nbf with a fraction': { changes: claims({ nbf: 1.5 }) },
    'an ath that is a number': { changes: claims({ ath: 1 }) },
    'an ath that is null': { changes: claims({ ath: null }) },
    'a nonce that is an object': { changes: claims({ nonce: {} }) },
  }),
  ...rows('item 4', 'proof_type_invalid', {
    'no typ': { changes: header({ typ: undefined }) },
    'the typ JWT': { changes: header({ typ: 'JWT' }) },
    'the typ at+jwt': { changes: header({ typ: 'at+jwt' }) },
    'the typ of a session-binding proof': { changes: header({ typ: 'tls-binding-proof+jwt' }) },
    'the typ with application/ in front': { changes: header({ typ: 'application/dpop+jwt' }) },
    'the typ in capitals': { changes: header({ typ: 'DPOP+JWT' }) },
    'the typ in an array': { changes: header({ typ: ['dpop+jwt'] }) },
  }),
  ...rows('item 5', 'proof_algorithm_refused', {
    'no alg': { changes: header({ alg: undefined }) },
    'the alg none': { changes: header({ alg: 'none' }) },
    'HS256 with a symmetric key': {
      changes: header({ alg: 'HS256', jwk: { kty: 'oct', k: ZERO } }),
    },
    'an alg that is not allowed here': { changes: header({ alg: 'ES384' }) },
    'RS256, not allowed here': { changes: header({ alg: 'RS256' }) },
    'EdDSA, which names no curve': { changes: header({ alg: 'EdDSA' }) },
    'the alg in small letters': { changes: header({ alg: 'es256' }) },
    'an alg that every object has': { changes: header({ alg: 'constructor' }) },
    'an alg in an array': { changes: header({ alg: ['ES256'] }) },
  }),
  ...rows('item 5', 'proof_critical_header', {
    'crit with b64': { changes: header({ crit: ['b64'], b64: true }) },
    'an empty crit': { changes: header({ crit: [] }) },
    'crit with an unknown name': { changes: header({ crit: ['exp'], exp: 1 }) },
    'b64 alone': { changes: header({ b64: false }) },
    zip: { changes: header({ zip: 'DEF' }) },
  }),
  ...rows('item 3', 'proof_jwk_invalid', {
    'no jwk': { changes: header({ jwk: undefined }) },
    'a jwk that is a string': { changes: header({ jwk: 'key' }) },
    'a jwk that is null': { changes: header({ jwk: null }) },
    'a jwk that is an array': { changes: header({ jwk: [] }) },
    'a key of another curve': {
      changes: header({ jwk: { kty: 'EC', crv: 'P-384', x: P384, y: P384 } }),
    },
    'a key of another type': { changes: header({ jwk: { kty: 'RSA', n: ZERO, e: 'AQAB' } }) },
    'a symmetric key type': { changes: header({ jwk: { kty: 'oct' } }) },
    'no y': jwk((key) => ({ ...key, y: undefined })),
    'a coordinate of 31 octets': jwk((key) => ({ ...key, x: 'A'.repeat(42) })),
    'a coordinate of 33 octets': jwk((key) => ({ ...key, x: 'A'.repeat(44) })),
    'a coordinate with padding': jwk((key) => ({ ...key, x: `${String(key['x'])}=` })),
    'a coordinate with stray bits': jwk((key) => ({
      ...key,
      x: `${String(key['x']).slice(0, 42)}B`,
    })),
    'a coordinate that is a number': jwk((key) => ({ ...key, x: 7 })),
    'the point at infinity': jwk((key) => ({ ...key, x: ZERO, y: ZERO })),
    'a point off its curve': jwk((key) => ({ ...key, y: key['x'] })),
    'a coordinate beyond the field': jwk((key) => ({ ...key, x: '_'.repeat(42) + '8' })),
    'the members of another key type as well': jwk((key) => ({ ...key, n: ZERO, e: 'AQAB' })),
    'a use for encryption': jwk((key) => ({ ...key, use: 'enc' })),
    'key_ops without verify': jwk((key) => ({ ...key, key_ops: ['sign'] })),
    'key_ops that is a string': jwk((key) => ({ ...key, key_ops: 'verify' })),
    'an alg of its own that is another': jwk((key) => ({ ...key, alg: 'ES384' })),
    'an alg of its own for encryption': jwk((key) => ({ ...key, alg: 'ECDH-ES' })),
  }),
  ...rows('item 7', 'proof_jwk_private', {
    'a private member d': jwk((key) => ({ ...key, d: ZERO })),
    'a private member d that is empty': jwk((key) => ({ ...key, d: '' })),
    'a private member d that is null': jwk((key) => ({ ...key, d: null })),
    'a member k': jwk((key) => ({ ...key, k: ZERO })),
    'a member p of a private RSA key': jwk((key) => ({ ...key, p: ZERO })),
    'a member oth': jwk((key) => ({ ...key, oth: [] })),
  }),
  ...rows('item 6', 'proof_signature_invalid', {
    'another proof’s signature': {
      mutate: async (proof, factory) => {
        const [, , signature] = (await factory.valid()).split('.')
        return inParts(([head, body]) => [head!, body!, signature!])(proof)
      },
    },
    'another payload': {
      mutate: async (proof, factory) => {
        const [, body] = (await factory.valid()).split('.')
        return inParts(([head, , tail]) => [head!, body!, tail!])(proof)
      },
    },
    'a signature by another key': {
      mutate: async (_, factory) =>
        factory.with({ signWith: (await generateProofKey()).privateKey }),
    },
    'a signature of zeros': { mutate: inParts(([head, body]) => [head!, body!, 'A'.repeat(86)]) },
    'a signature of one octet': { mutate: inParts(([head, body]) => [head!, body!, 'AA']) },
    'a signature in DER': { mutate: inParts(([head, body]) => [head!, body!, 'MEUCIQD_AiEA_w']) },
    'a signature of 65 octets': { mutate: (proof) => proof.replace(/.$/, 'AAA') },
  }),
  ...rows('item 8', 'proof_htm_mismatch', {
    'another method': { changes: claims({ htm: 'GET' }) },
    'the method in small letters': { changes: claims({ htm: 'post' }) },
    'a method with a space': { changes: claims({ htm: 'POST ' }) },
  }),
  ...rows('item 9', 'proof_htu_mismatch', {
    'another path': { changes: claims({ htu: 'https://rs.test/order' }) },
    'a trailing slash': { changes: claims({ htu: 'https://rs.test/orders/' }) },
    'another case of the path': { changes: claims({ htu: 'https://rs.test/Orders' }) },
    'another host': { changes: claims({ htu: 'https://evil.test/orders' }) },
    'another port': { changes: claims({ htu: 'https://rs.test:444/orders' }) },
    'http in place of https': { changes: claims({ htu: 'http://rs.test/orders' }) },
    'a host that only begins alike': {
      changes: claims({ htu: 'https://rs.test.evil.test/orders' }),
    },
    'user information': { changes: claims({ htu: 'https://rs.test@evil.test/orders' }) },
    'our host as user information': { changes: claims({ htu: 'https://u:p@rs.test/orders' }) },
    'a relative reference': { changes: claims({ htu: '/orders' }) },
    'a back slash': { changes: claims({ htu: 'https://rs.test\\orders' }) },
    'a tab': { changes: claims({ htu: 'https://rs.test/or\tders' }) },
    'an encoded host': { changes: claims({ htu: 'https://rs%2etest/orders' }) },
    'an encoded slash': { changes: claims({ htu: 'https://rs.test%2Forders' }) },
  }),
  ...rows('item 10', 'proof_nonce_refused', {
    'no nonce': { options: { nonceSource: sourceOf('right') } },
    'a foreign nonce': {
      changes: claims({ nonce: 'wrong' }),
      options: { nonceSource: sourceOf('right') },
    },
  }),
  ...rows('item 11', 'proof_iat_outside_window', {
    'an iat of 61 s ago': { changes: claims({ iat: 1_800_000_000 - 61 }) },
    'an iat 11 s ahead': { changes: claims({ iat: 1_800_000_000 + 11 }) },
    'an iat in milliseconds': { changes: claims({ iat: 1_800_000_000_000 }) },
    'an iat of zero': { changes: claims({ iat: 0 }) },
    'an iat outside a narrower window': {
      changes: claims({ iat: 1_800_000_000 - 6 }),
      options: { maxAgeSeconds: 5 },
    },
  }),
  ...rows('RFC 7519 4.1.4', 'proof_validity_ended', {
    'an exp of now': { changes: claims({ exp: 1_800_000_000 }) },
    'an exp of the past': { changes: claims({ exp: 1 }) },
    'an nbf 11 s ahead': { changes: claims({ nbf: 1_800_000_000 + 11 }) },
  }),
  ...rows('item 12', 'proof_ath_mismatch', {
    'no ath': { changes: claims({ ath: undefined }) },
    'the ath of another token': { options: { accessToken: 'another' } },
    'an ath with padding': {
      changes: claims({ ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo=' }),
    },
    'an ath with stray bits': {
      changes: claims({ ath: 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEp' }),
    },
  }),
  ...rows('item 12', 'proof_key_mismatch', {
    'a token of another key': { options: { jkt: JKT_OF_ANOTHER } },
    'a thumbprint that is none': { options: { jkt: '' } },
  }),
  ...rows('section 11.1', 'proof_replayed', {
    'a jti that was used': { options: { replayStore: { claim: async () => false } } },
  }),
]

function sourceOf(nonce: string) {
  return { current: async () => nonce, accepts: async (value: string) => value === nonce }
}
