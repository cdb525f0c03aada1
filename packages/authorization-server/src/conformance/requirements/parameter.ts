import { assertIssued, assertRefused } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { profile, type Requirement } from '../requirement.js'
import type { ServerUnderTest } from '../server-under-test.js'
import { JKT, TLS_EXP, TMB, X5T } from './values.js'

type Values = Readonly<Record<string, string>>

const NOT_ONE_OBJECT: Values = {
  'an empty value': '',
  'no JSON': 'x',
  'a string': JSON.stringify(JKT),
  'an array': JSON.stringify([{ jkt: JKT }]),
  null: 'null',
  'an empty object': '{}',
  'a repeated member': `{"jkt":"${JKT}","jkt":"${JKT}"}`,
  'a member __proto__': `{"__proto__":{"jkt":"${JKT}"}}`,
  'a nested form': `jkt=${JKT}`,
  'base64url of JSON': Buffer.from(TMB).toString('base64url'),
  'JSON that is form-encoded twice': encodeURIComponent(TMB),
}

const WRONG_MEMBERS: Values = {
  'an unknown member': `{"jkt":"${JKT}","x":1}`,
  'a whole key': `{"jkt":"${JKT}","jwk":{"kty":"EC","crv":"P-256","d":""}}`,
  'a reference to a key': '{"jku":"https://example.com/jwks"}',
  'a key id': '{"kid":"1"}',
  'an encrypted key': '{"jwe":"a.b.c.d.e"}',
  'a jkt of 42 characters': `{"jkt":"${JKT.slice(1)}"}`,
  'a jkt with padding': `{"jkt":"${JKT}="}`,
  'a jkt with stray bits': `{"jkt":"${JKT.slice(0, -1)}J"}`,
  'a jkt that is no string': '{"jkt":1}',
  'tls_exp alone': JSON.stringify({ tls_exp: TLS_EXP }),
  'another label in tls_exp': JSON.stringify({ 'x5t#S256': X5T, tls_exp: 'x' }),
}

/** `tmb` is one JSON object, form-encoded once, of members that are known. It is never ignored. */
export const PARAMETER: readonly Requirement[] = [
  {
    id: 'AS-02',
    source: 'RFC 6749 section 3.2',
    title: 'tmb that is given twice is invalid_request',
    check: async (server) => {
      const parameters = { ...(await server.grant()), tmb: TMB }
      const rawForm = `&tmb=${encodeURIComponent(TMB)}`
      assertRefused(await server.token({ parameters, rawForm }), { error: 'invalid_request' })
    },
  },
  {
    id: 'AS-03a',
    source: profile('Q1'),
    title: 'tmb that is not one JSON object is invalid_request',
    check: async (server) => assertAllRefused(server, NOT_ONE_OBJECT),
  },
  {
    id: 'AS-03b',
    source: profile('Q1'),
    title: 'tmb over 2 KiB is invalid_request',
    check: async (server) => assertAllRefused(server, { '2049 octets': TMB.padEnd(2049) }),
  },
  {
    id: 'AS-04',
    source: profile('Q1, Q4'),
    title: 'tmb with an unknown or malformed member is invalid_request',
    check: async (server) => assertAllRefused(server, WRONG_MEMBERS),
  },
  {
    id: 'AS-13a',
    source: profile('Q5'),
    title: 'a method that the client is not registered for is refused, not left out',
    check: async (server) => {
      const { methods } = server.settings
      if (methods.includes('x5t#S256')) throw new NotTried('the client is registered for x5t#S256')
      const tmb = JSON.stringify({ jkt: JKT, 'x5t#S256': X5T })
      const answer = await server.token({ parameters: { ...(await server.grant()), tmb } })
      assertRefused(answer, { error: 'unauthorized_client' })
    },
  },
  {
    id: 'AS-13b',
    source: profile('Q5'),
    title: 'a code survives a refused tmb',
    check: async (server) => {
      const code = await server.code()
      const refused = await server.token({ parameters: { ...code, tmb: '{}' } })
      assertRefused(refused, { error: 'invalid_request' })
      assertIssued(await server.token({ parameters: { ...code, tmb: TMB } }), 'a token afterwards')
    },
  },
  {
    id: 'AS-25',
    source: 'RFC 6749 section 5.2',
    title: 'a refusal is JSON, 400, and not to be stored',
    check: async (server) => {
      const parameters = { ...(await server.grant()), tmb: '{}' }
      const { status, headers, body } = await server.token({ parameters })
      if (status !== 400 || typeof body?.['error'] !== 'string') {
        throw new NotMet(`got ${status}, ${body === undefined ? 'no JSON object' : 'JSON'}`)
      }
      const cacheControl = headers.get('Cache-Control') ?? 'absent'
      if (!cacheControl.includes('no-store')) throw new NotMet(`Cache-Control is ${cacheControl}`)
    },
  },
]

async function assertAllRefused(server: ServerUnderTest, values: Values): Promise<void> {
  for (const [what, tmb] of Object.entries(values)) {
    const answer = await server.token({ parameters: { ...(await server.grant()), tmb } })
    assertRefused(answer, { error: 'invalid_request', what })
  }
}
