import { proofCases, type CaseWorld, type RefusalCase } from './refusal-case.js'

const claim = (member: string, values: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(
    Object.entries(values).map(([title, value]) => [title, { claims: { [member]: value } }]),
  )
const targets = (change: Readonly<Record<string, (url: URL, htu: string) => string>>) =>
  Object.fromEntries(
    Object.entries(change).map(([title, make]) => [
      title,
      ({ htu }: CaseWorld) => ({ claims: { htu: make(new URL(htu), htu) } }),
    ]),
  )
const instants = (offsets: Readonly<Record<string, number>>) =>
  Object.fromEntries(
    Object.entries(offsets).map(([title, offset]) => [
      title,
      ({ now }: CaseWorld) => ({ claims: { iat: now + offset } }),
    ]),
  )
const DAY = 86_400

/** RFC 9449 section 4.3, items 3, 8, 9, 11 and 12: the claims. */
export const CLAIM_CASES: readonly RefusalCase[] = [
  ...proofCases('RS-DPOP-08', 'proof_claims_invalid', {
    ...claim('jti', {
      'no jti': undefined,
      'an empty jti': '',
      'a jti that is a number': 7,
      'a jti that is null': null,
      'a jti in an array': ['a'],
      'a jti that is an object': {},
      'a jti of 257 characters': 'x'.repeat(257),
      'a jti of 4 kB': 'x'.repeat(4096),
    }),
    ...claim('htm', {
      'no htm': undefined,
      'an empty htm': '',
      'an htm that is null': null,
      'an htm in an array': ['GET'],
    }),
    ...claim('htu', {
      'no htu': undefined,
      'an empty htu': '',
      'an htu that is null': null,
      'an htu that is a number': 1,
      'an htu in an array': ['https://rs.example/'],
    }),
    ...claim('iat', {
      'no iat': undefined,
      'an iat that is null': null,
      'an iat that is a string': '1800000000',
      'an iat that is true': true,
      'an iat in an array': [1_800_000_000],
      'an iat that is negative': -1,
    }),
    'an iat with a fraction': ({ now }) => ({ claims: { iat: now + 0.5 } }),
    ...claim('ath', {
      'an ath that is a number': 1,
      'an ath that is null': null,
      'an empty ath': '',
    }),
    ...claim('exp', { 'an exp that is a string': '9999999999', 'an exp that is null': null }),
    ...claim('nbf', { 'an nbf that is a string': '1', 'an nbf with a fraction': 1.5 }),
    ...claim('nonce', { 'a nonce that is a number': 1, 'a nonce that is null': null }),
  }),
  ...proofCases('RS-DPOP-09', 'proof_htm_mismatch', {
    ...claim('htm', {
      'a method that is not the request’s': 'DELETE',
      'a method that is none': '*',
      'the method HEAD': 'HEAD',
    }),
    'the method in small letters': ({ method }) => ({ claims: { htm: method.toLowerCase() } }),
    'the method with a space': ({ method }) => ({ claims: { htm: `${method} ` } }),
    'the method twice': ({ method }) => ({ claims: { htm: `${method},${method}` } }),
  }),
  ...proofCases(
    'RS-DPOP-10',
    'proof_htu_mismatch',
    targets({
      'a path below': (_, htu) => `${htu.replace(/\/$/, '')}/below`,
      'a doubled slash': ({ origin, pathname }) => `${origin}/${pathname}`,
      'another path': ({ origin }) => `${origin}/another-path-that-is-not-yours`,
      'an encoded slash in front of the path': ({ origin, pathname }) =>
        `${origin}/%2F${pathname.slice(1)}`,
      'a path parameter': (_, htu) => `${htu};a=b`,
      'an encoded null octet': (_, htu) => `${htu}%00`,
      'a dot at its end': (_, htu) => `${htu}.x`,
      'another host': ({ protocol, pathname }) => `${protocol}//evil.example${pathname}`,
      'a host that begins alike': ({ origin, pathname }) =>
        `${origin.replace(/:\d+$/, '')}.evil.example${pathname}`,
      'a subdomain': ({ protocol, host, pathname }) => `${protocol}//sub.${host}${pathname}`,
      'a dot after the host': ({ protocol, hostname, port, pathname }) =>
        `${protocol}//${hostname}.${port === '' ? '' : `:${port}`}${pathname}`,
      'another port': ({ protocol, hostname, pathname }) => `${protocol}//${hostname}:4${pathname}`,
      'the other scheme': ({ protocol, host, pathname }) =>
        `${protocol === 'https:' ? 'http' : 'https'}://${host}${pathname}`,
    }),
  ),
  ...proofCases(
    'RS-DPOP-12',
    'proof_htu_mismatch',
    targets({
      'user information': ({ protocol, host, pathname }) => `${protocol}//u:p@${host}${pathname}`,
      'an empty user': ({ protocol, host, pathname }) => `${protocol}//@${host}${pathname}`,
      'our host as user information': ({ origin, pathname }) => `${origin}@evil.example${pathname}`,
      'a path alone': ({ pathname }) => pathname,
      'no scheme': ({ host, pathname }) => `//${host}${pathname}`,
      'one slash after the scheme': ({ protocol, host, pathname }) =>
        `${protocol}/${host}${pathname}`,
      'three slashes after the scheme': ({ protocol, host, pathname }) =>
        `${protocol}///${host}${pathname}`,
      'back slashes after the scheme': ({ protocol, host, pathname }) =>
        `${protocol}\\\\${host}${pathname}`,
      'a back slash before the path': ({ origin, pathname }) => `${origin}\\${pathname.slice(1)}`,
      'a tab in the path': (_, htu) => `${htu}\t`,
      'a line break in the host': ({ protocol, host, pathname }) =>
        `${protocol}//\n${host}${pathname}`,
      'a space in front': (_, htu) => ` ${htu}`,
      'a space at the end': (_, htu) => `${htu} `,
      'an encoded host': ({ protocol, host, pathname }) =>
        `${protocol}//%${host.charCodeAt(0).toString(16)}${host.slice(1)}${pathname}`,
      'a wide character in the host': ({ protocol, host, pathname }) =>
        `${protocol}//${String.fromCharCode(host.charCodeAt(0) + 0xfee0)}${host.slice(1)}${pathname}`,
      'another scheme': ({ host, pathname }) => `ftp://${host}${pathname}`,
      'a script': () => 'javascript:alert(1)',
      'a broken percent-encoding': (_, htu) => `${htu}%zz`,
      'a null octet': (_, htu) => `${htu}\u{0}`,
      'a character outside ASCII': (_, htu) => `${htu}ä`,
      'a control character in the query': (_, htu) => `${htu}?\u{1}`,
      'two URLs': (_, htu) => `${htu} ${htu}`,
    }),
  ),
  ...proofCases(
    'RS-DPOP-16',
    'proof_iat_outside_window',
    instants({
      'an iat of ten minutes ago': -600,
      'an iat of a day ago': -DAY,
      'an iat of a year ago': -365 * DAY,
      'an iat ten minutes ahead': 600,
      'an iat a day ahead': DAY,
      'an iat a year ahead': 365 * DAY,
    }),
  ),
  ...proofCases('RS-DPOP-16', 'proof_iat_outside_window', {
    'an iat of zero': { claims: { iat: 0 } },
    'an iat of one': { claims: { iat: 1 } },
    'an iat in milliseconds': ({ now }) => ({ claims: { iat: now * 1000 } }),
    'the largest whole iat': { claims: { iat: Number.MAX_SAFE_INTEGER } },
  }),
  ...proofCases('RFC 7519 4.1.4', 'proof_validity_ended', {
    'an exp of long ago': { claims: { exp: 1 } },
    'an exp of a minute ago': ({ now }) => ({ claims: { exp: now - 60 } }),
    'an nbf of tomorrow': ({ now }) => ({ claims: { nbf: now + DAY } }),
  }),
  ...proofCases('RS-DPOP-14', 'proof_ath_mismatch', {
    ...claim('ath', {
      'no ath': undefined,
      'the ath of the empty token': '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
      'the ath of another token': 'fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo',
      'an ath in hexadecimal': 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      'an ath that is too short': 'AAAA',
    }),
    'the token itself in ath': ({ accessToken }) => ({ claims: { ath: accessToken } }),
  }),
]
