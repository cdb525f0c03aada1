import { encodeBase64url, encodeBase64urlText } from '@tmb-kit/core'
import {
  proofCases,
  refusalCase,
  spoiledProofCases,
  withProof,
  type RefusalCase,
} from './refusal-case.js'

type Parts = readonly [header: string, payload: string, signature: string]

const inParts = (change: (parts: Parts) => readonly string[]) => (proof: string) => {
  const [header = '', payload = '', signature = ''] = proof.split('.')
  return change([header, payload, signature]).join('.')
}
const nested = (levels: number): string => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`

/** RFC 9449 section 4.3, items 1 and 2: one field, one well-formed JWS. */
export const SHAPE_CASES: readonly RefusalCase[] = [
  refusalCase('RS-DPOP-01', 'proof_missing', 'no proof', ({ accessToken }) => ({
    headers: { Authorization: `DPoP ${accessToken}` },
  })),
  refusalCase('RS-DPOP-02', 'proof_repeated', 'two good proofs', async (world) =>
    withProof(world, `${await world.proof()}, ${await world.proof()}`),
  ),
  ...spoiledProofCases('RS-DPOP-02', 'proof_repeated', {
    'one proof twice': (proof) => `${proof}, ${proof}`,
    'a comma after the proof': (proof) => `${proof},x`,
  }),
  ...spoiledProofCases('RS-DPOP-03', 'proof_too_large', {
    'a proof of 9 kB of nothing': () => 'x'.repeat(9000),
    'a proof with 9 kB at its end': (proof) => `${proof}${'A'.repeat(9000)}`,
  }),
  ...proofCases('RS-DPOP-03', 'proof_too_large', {
    'a good proof padded to 9 kB': { claims: { padding: 'x'.repeat(9000) } },
  }),
  ...spoiledProofCases('RS-DPOP-03', 'proof_malformed', {
    'a word in place of a proof': () => 'proof',
    'two dots alone': () => '..',
    'a proof of one segment': inParts(([header]) => [header]),
    'a proof of two segments': inParts(([header, payload]) => [header, payload]),
    'a proof of four segments': (proof) => `${proof}.`,
    'a proof of five segments, as a JWE': (proof) => `${proof}.AAAA.AAAA`,
    'an empty header': inParts(([, payload, signature]) => ['', payload, signature]),
    'an empty payload': inParts(([header, , signature]) => [header, '', signature]),
    'no signature': inParts(([header, payload]) => [header, payload, '']),
    'padding after the header': inParts(([header, ...rest]) => [`${header}=`, ...rest]),
    'padding after the payload': inParts(([a, payload, c]) => [a, `${payload}==`, c]),
    'padding after the signature': (proof) => `${proof}==`,
    'a space in the header': inParts(([header, ...rest]) => [`${header} `, ...rest]),
    'a space in the payload': inParts(([a, payload, c]) => [a, ` ${payload}`, c]),
    'a tab before the signature': inParts(([a, b, signature]) => [a, b, `\t${signature}`]),
    'the plain base64 alphabet': inParts(([a, b]) => [a, b, '+/'.repeat(43)]),
    'a percent sign in the signature': inParts(([a, b, c]) => [a, b, `${c.slice(0, -3)}%41`]),
    'stray bits at the end of the signature': (proof) => strayBits(proof),
    'a signature of an impossible length': inParts(([a, b]) => [a, b, 'AAAAA']),
    'a header of octets that are not UTF-8': inParts(([, ...rest]) => [
      encodeBase64url(Uint8Array.of(0x7b, 0xff, 0x7d)),
      ...rest,
    ]),
    'a payload of octets that are not UTF-8': inParts(([a, , c]) => [
      a,
      encodeBase64url(Uint8Array.of(0x7b, 0xc0, 0x80, 0x7d)),
      c,
    ]),
    'a header in UTF-16': inParts(([, ...rest]) => [
      encodeBase64url(Uint8Array.of(0xff, 0xfe, 0x7b, 0)),
      ...rest,
    ]),
    'the JSON of the header without its encoding': inParts(([, ...rest]) => ['{}', ...rest]),
    'the payload in the place of the header': inParts(([, payload, c]) => [
      payload,
      payload.slice(1),
      c,
    ]),
  }),
  ...proofCases('RS-DPOP-03', 'proof_malformed', {
    'a header that is broken JSON': { rawHeader: '{"typ":"dpop+jwt"' },
    'a header that is an array': { rawHeader: '[]' },
    'a header that is null': { rawHeader: 'null' },
    'a header that is a string': { rawHeader: '"dpop+jwt"' },
    'a payload that is broken JSON': { rawClaims: '{"jti":' },
    'a payload that is an array': { rawClaims: '[{}]' },
    'a payload that is null': { rawClaims: 'null' },
    'a payload that is a number': { rawClaims: '7' },
    'a payload with a comment': { rawClaims: '{}/**/' },
    'a payload of two objects': { rawClaims: '{}{}' },
    'a byte order mark before the header': { rawHeader: '\u{feff}{}' },
    'a byte order mark before the payload': { rawClaims: '\u{feff}{}' },
    'a payload that nests too deep': { rawClaims: nested(9) },
    'a payload that nests seven hundred levels': { rawClaims: nested(700) },
    'a member __proto__': { rawClaims: '{"__proto__":{"jti":"a"}}' },
  }),
  ...['typ', 'alg', 'jwk'].map((member) =>
    refusalCase(
      'RS-DPOP-03',
      'proof_malformed',
      `the header member ${member} twice`,
      async (world) => {
        const header = JSON.stringify({ typ: 'dpop+jwt', alg: 'ES256', jwk: world.jwk })
        return withProof(
          world,
          await world.proof({ rawHeader: `${header.slice(0, -1)},"${member}":1}` }),
        )
      },
    ),
  ),
  ...['jti', 'htm', 'htu', 'iat', 'ath'].map((member) =>
    refusalCase('RS-DPOP-03', 'proof_malformed', `the claim ${member} twice`, async (world) => {
      const [, payload = ''] = (await world.proof()).split('.')
      const claims = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
      return withProof(world, await world.proof({ rawClaims: `{"${member}":1,${claims.slice(1)}` }))
    }),
  ),
  refusalCase('RS-DPOP-03', 'proof_malformed', 'a claim twice, once escaped', async (world) => {
    const [, payload = ''] = (await world.proof()).split('.')
    const claims = atob(payload.replaceAll('-', '+').replaceAll('_', '/'))
    return withProof(world, await world.proof({ rawClaims: `{"\\u0069at":1,${claims.slice(1)}` }))
  }),
  refusalCase(
    'RS-DPOP-03',
    'proof_malformed',
    'the access token in the place of the proof',
    (world) => withProof(world, encodeBase64urlText(world.accessToken)),
  ),
]

/** 64 octets leave four bits in the last character, and the next character has one of them set. */
function strayBits(proof: string): string {
  const last = proof.charCodeAt(proof.length - 1)
  return `${proof.slice(0, -1)}${String.fromCharCode(last + 1)}`
}
