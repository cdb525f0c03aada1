import {
  proofCases,
  refusalCase,
  spoiledProofCases,
  withProof,
  type RefusalCase,
} from './refusal-case.js'

const ZERO = 'A'.repeat(43)
const P384 = 'A'.repeat(64)

const jwkChanges = (
  changes: Readonly<Record<string, Readonly<Record<string, unknown>>>>,
): Parameters<typeof proofCases>[2] =>
  Object.fromEntries(
    Object.entries(changes).map(([title, members]) => [
      title,
      ({ jwk }) => ({ header: { jwk: { ...jwk, ...members } } }),
    ]),
  )
const header = (member: string, values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(values).map(([title, value]) => [title, { header: { [member]: value } }]),
  )

/** RFC 9449 section 4.3, items 4 to 7: type, algorithm, key and signature. */
export const KEY_CASES: readonly RefusalCase[] = [
  ...proofCases(
    'RS-DPOP-04',
    'proof_type_invalid',
    header('typ', {
      'no typ': undefined,
      'an empty typ': '',
      'the typ JWT': 'JWT',
      'the typ at+jwt': 'at+jwt',
      'the typ of a session-binding proof': 'tls-binding-proof+jwt',
      'the typ of a logout token': 'logout+jwt',
      'the typ as a whole media type': 'application/dpop+jwt',
      'the typ in capitals': 'DPOP+JWT',
      'the typ with a space': 'dpop+jwt ',
      'a typ that is null': null,
      'a typ in an array': ['dpop+jwt'],
      'a typ that is an object': {},
    }),
  ),
  ...proofCases(
    'RS-DPOP-05',
    'proof_algorithm_refused',
    header('alg', {
      'no alg': undefined,
      'an empty alg': '',
      'the alg none': 'none',
      'the alg None': 'None',
      'the alg HS256': 'HS256',
      'the alg HS512': 'HS512',
      'the alg in small letters': 'es256',
      'an alg with a space': 'ES256 ',
      'an encryption algorithm': 'ECDH-ES',
      'an alg that every object has': 'constructor',
      'the alg toString': 'toString',
      'an alg that is null': null,
      'an alg in an array': ['ES256'],
      'an alg that is a number': 256,
      'an alg that is an object': {},
    }),
  ),
  ...proofCases('RS-DPOP-05', 'proof_algorithm_refused', {
    'the alg HS256 with a symmetric key': {
      header: { alg: 'HS256', jwk: { kty: 'oct', k: ZERO } },
    },
    'the alg none with no key': { header: { alg: 'none', jwk: undefined } },
  }),
  ...proofCases('RS-DPOP-07', 'proof_critical_header', {
    'crit with b64': { header: { crit: ['b64'], b64: true } },
    'an empty crit': { header: { crit: [] } },
    'crit with an unknown name': { header: { crit: ['exp'], exp: 1 } },
    'crit with a known name': { header: { crit: ['typ'] } },
    'a crit that is null': { header: { crit: null } },
    'an unencoded payload': { header: { b64: false } },
    'a compressed payload': { header: { zip: 'DEF' } },
  }),
  ...proofCases(
    'RS-DPOP-06',
    'proof_jwk_invalid',
    header('jwk', {
      'no jwk': undefined,
      'a jwk that is null': null,
      'a jwk that is a string': 'key',
      'a jwk that is a number': 1,
      'a jwk that is an array': [],
      'a jwk that is empty': {},
      'a jwk of another curve': { kty: 'EC', crv: 'P-384', x: P384, y: P384 },
      'a jwk of secp256k1': { kty: 'EC', crv: 'secp256k1', x: ZERO, y: ZERO },
      'an RSA key under another algorithm': { kty: 'RSA', n: 'u'.repeat(342), e: 'AQAB' },
      'a symmetric key type': { kty: 'oct' },
      'a key type that every object has': { kty: 'constructor' },
    }),
  ),
  ...proofCases(
    'RS-DPOP-06',
    'proof_jwk_invalid',
    jwkChanges({
      'no kty': { kty: undefined },
      'a kty in small letters': { kty: 'ec' },
      'no crv': { crv: undefined },
      'a crv in small letters': { crv: 'p-256' },
      'no x': { x: undefined },
      'an empty x': { x: '' },
      'an x that is a number': { x: 7 },
      'an x that is null': { x: null },
      'an x in an array': { x: [ZERO] },
      'an x of 31 octets': { x: 'A'.repeat(42) },
      'an x of 33 octets': { x: 'A'.repeat(44) },
      'an x with padding': { x: `${ZERO}=` },
      'an x with a space': { x: ` ${ZERO.slice(1)}` },
      'an x with stray bits': { x: `${'A'.repeat(42)}B` },
      'an x in the plain base64 alphabet': { x: `+/${'A'.repeat(41)}` },
      'the members of an RSA key as well': { n: ZERO, e: 'AQAB' },
      'a use for encryption': { use: 'enc' },
      'a use that is empty': { use: '' },
      'key_ops without verify': { key_ops: ['sign'] },
      'key_ops that are empty': { key_ops: [] },
      'key_ops that are a string': { key_ops: 'verify' },
      'an alg of the key that is another': { alg: 'PS256' },
      'an alg of the key for encryption': { alg: 'ECDH-ES' },
    }),
  ),
  ...proofCases(
    'RS-DPOP-06',
    'proof_jwk_private',
    jwkChanges({
      'a private member d': { d: ZERO },
      'a private member d that is empty': { d: '' },
      'a private member d that is null': { d: null },
      'a private member d that is false': { d: false },
      'a member k': { k: ZERO },
      'a member p': { p: ZERO },
      'a member q': { q: ZERO },
      'a member dp': { dp: ZERO },
      'a member dq': { dq: ZERO },
      'a member qi': { qi: ZERO },
      'a member oth': { oth: [] },
    }),
  ),
  refusalCase('RS-DPOP-15', 'proof_key_mismatch', 'a good proof by another key', async (world) =>
    withProof(world, await world.foreignProof()),
  ),
  refusalCase(
    'RS-DPOP-07',
    'proof_signature_invalid',
    'a proof that shows the token’s key, signed by another',
    async (world) => withProof(world, await world.foreignProof({ header: { jwk: world.jwk } })),
  ),
  refusalCase(
    'RS-DPOP-07',
    'proof_signature_invalid',
    'the signature of another good proof',
    async (world) => {
      const [, , signature = ''] = (await world.proof()).split('.')
      const [head, payload] = (await world.proof()).split('.')
      return withProof(world, [head, payload, signature].join('.'))
    },
  ),
  refusalCase(
    'RS-DPOP-07',
    'proof_signature_invalid',
    'the payload of another good proof',
    async (world) => {
      const [, payload = ''] = (await world.proof()).split('.')
      const [head, , signature] = (await world.proof()).split('.')
      return withProof(world, [head, payload, signature].join('.'))
    },
  ),
  ...spoiledProofCases('RS-DPOP-07', 'proof_signature_invalid', {
    'a signature of zeros': (proof) => replaceSignature(proof, 'A'.repeat(86)),
    'a signature of one octet': (proof) => replaceSignature(proof, 'AA'),
    'a signature of 63 octets': (proof) => replaceSignature(proof, 'A'.repeat(84)),
    'a signature of 65 octets': (proof) => replaceSignature(proof, `${'A'.repeat(86)}A`),
    'a signature in DER': (proof) =>
      replaceSignature(
        proof,
        'MEYCIQD_____AAAAAP__________vOb6racXnoTzucrC_GMlUQIhAP____8AAAAA__________-85vqtpxeehPO5ysL8YyVR',
      ),
    'a changed first octet of the signature': (proof) => {
      const [, , signature = ''] = proof.split('.')
      return replaceSignature(
        proof,
        `${signature.startsWith('A') ? 'B' : 'A'}${signature.slice(1)}`,
      )
    },
  }),
]

function replaceSignature(proof: string, signature: string): string {
  return `${proof.slice(0, proof.lastIndexOf('.') + 1)}${signature}`
}
