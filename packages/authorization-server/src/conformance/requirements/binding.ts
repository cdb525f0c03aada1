import { CONFIRMATION_CLAIM, DPOP_SCHEME, type JsonObject } from '@tmb-kit/core'
import { assertIssued, assertSameConfirmation, claimsOf, type Answer } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { DRAFT, profile, type Requirement } from '../requirement.js'
import { supportsGrant, type ServerUnderTest } from '../server-under-test.js'
import { assertMethods, confirmationOf, introspect, JKT, TLS_EXP, TMB, X5T } from './values.js'

/** `tmb` becomes the `cnf` of the token, wherever one can look. */
export const BINDING: readonly Requirement[] = [
  {
    id: 'AS-01a',
    source: DRAFT,
    title: 'client_credentials takes tmb, and the token is bound',
    check: async (server) => {
      if (!supportsGrant(server.metadata, 'client_credentials')) {
        throw new NotTried('the grant is not supported')
      }
      await assertTokenBound(server, await issue(server), { jkt: JKT })
    },
  },
  {
    id: 'AS-01b',
    source: DRAFT,
    title: 'authorization_code takes tmb, and the token is bound',
    check: async (server) => {
      const parameters = { ...(await server.code()), tmb: TMB }
      await assertTokenBound(server, await server.token({ parameters }), { jkt: JKT })
    },
  },
  {
    id: 'AS-06a',
    source: `${DRAFT}, RFC 9449 section 6.1`,
    title: 'the JWT access token has cnf with the members of tmb',
    check: async (server) => {
      const answer = await issue(server)
      const claims = claimsOf(assertIssued(answer)['access_token'])
      if (claims === undefined) throw new NotTried('access tokens are opaque')
      assertSameConfirmation(claims[CONFIRMATION_CLAIM], { jkt: JKT }, 'the JWT')
    },
  },
  {
    id: 'AS-06b',
    source: `${DRAFT}, RFC 9449 section 6.2`,
    title: 'introspection answers with the same cnf',
    check: async (server) => {
      // Where tokens of the resource are JWTs, those for no resource are often opaque.
      const opaque = async (): Promise<JsonObject> =>
        introspect(server, await issueForNothing(server))
      const said = await introspect(server, await issue(server)).catch(opaque)
      assertSameConfirmation(said[CONFIRMATION_CLAIM], { jkt: JKT }, 'introspection')
    },
  },
  {
    id: 'AS-09a',
    source: 'RFC 9449 section 5',
    title: 'token_type is DPoP with jkt',
    check: async (server) => assertTokenType(await issue(server), DPOP_SCHEME),
  },
  {
    id: 'AS-09b',
    source: `RFC 8705 section 3, ${profile('Q9')}`,
    title: 'token_type is Bearer with x5t#S256 alone',
    check: async (server) => {
      assertMethods(server, ['x5t#S256'])
      assertTokenType(await issue(server, { 'x5t#S256': X5T }), 'Bearer')
    },
  },
  {
    id: 'AS-10',
    source: profile('Q9'),
    title: 'the token response has cnf, the same as tmb',
    check: async (server) => {
      const body = assertIssued(await issue(server))
      assertSameConfirmation(body[CONFIRMATION_CLAIM], { jkt: JKT }, 'the token response')
    },
  },
  {
    id: 'AS-19',
    source: profile('Q4'),
    title: 'several members of tmb are all in cnf',
    check: async (server) => {
      assertMethods(server, ['jkt', 'x5t#S256'])
      const cnf = { jkt: JKT, 'x5t#S256': X5T }
      await assertTokenBound(server, await issue(server, cnf), cnf)
    },
  },
  {
    id: 'AS-20',
    source: 'draft-mw-oauth-tls-session-bound-tokens-06 section 2.4',
    title: 'tls_exp beside x5t#S256 is in cnf',
    check: async (server) => {
      assertMethods(server, ['x5t#S256', 'tls_exp'])
      const cnf = { 'x5t#S256': X5T, tls_exp: TLS_EXP }
      await assertTokenBound(server, await issue(server, cnf), cnf)
    },
  },
]

async function issue(server: ServerUnderTest, cnf: JsonObject = { jkt: JKT }): Promise<Answer> {
  return server.token({ parameters: { ...(await server.grant()), tmb: JSON.stringify(cnf) } })
}

async function issueForNothing(server: ServerUnderTest): Promise<Answer> {
  const named = Object.entries(await server.grant()).filter(([name]) => name !== 'resource')
  return server.token({ parameters: { ...Object.fromEntries(named), tmb: TMB } })
}

async function assertTokenBound(
  server: ServerUnderTest,
  answer: Answer,
  cnf: JsonObject,
): Promise<void> {
  assertIssued(answer)
  assertSameConfirmation(await confirmationOf(server, answer), cnf, 'the access token')
}

function assertTokenType(answer: Answer, wanted: string): void {
  const { token_type: tokenType } = assertIssued(answer)
  if (String(tokenType).toLowerCase() === wanted.toLowerCase()) return
  throw new NotMet(`wanted ${wanted}, got ${String(tokenType)}`)
}
