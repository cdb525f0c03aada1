import { CONFIRMATION_CLAIM, DPOP_HEADER, type JsonObject } from '@tmb-kit/core'
import { assertIssued, assertRefused, assertSameConfirmation, type Answer } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { DRAFT, profile, type Requirement } from '../requirement.js'
import type { ServerUnderTest } from '../server-under-test.js'
import { confirmationOf, JKT, OTHER_TMB, RACERS, TMB } from './values.js'

type Parameters = Readonly<Record<string, string>>

/** A grant keeps the key that it was first bound to. */
export const REFRESHES: readonly Requirement[] = [
  {
    id: 'AS-12a',
    source: profile('Q3'),
    title: 'a refresh without tmb gives a token with the same cnf',
    check: async (server) => {
      const parameters = await openGrant(server, { tmb: TMB })
      await assertBound(server, await server.token({ parameters }))
    },
  },
  {
    id: 'AS-12b',
    source: DRAFT,
    title: 'refresh_token takes an equal tmb, and the token is bound',
    check: async (server) => {
      const parameters = { ...(await openGrant(server, { tmb: TMB })), tmb: TMB }
      await assertBound(server, await server.token({ parameters }))
    },
  },
  {
    id: 'AS-12c',
    source: profile('Q3'),
    title: 'a refresh with another tmb is invalid_grant',
    check: async (server) => {
      const parameters = { ...(await openGrant(server, { tmb: TMB })), tmb: OTHER_TMB }
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-12d',
    source: profile('Q3'),
    title: 'a refresh with tmb of a grant that was issued without is invalid_grant',
    check: async (server) => {
      const parameters = { ...(await openGrant(server, {})), tmb: TMB }
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-12e',
    source: `${DRAFT}, ${profile('Q2, Q3')}`,
    title: 'a DPoP header at the refresh of a bound grant takes no part',
    check: async (server) => {
      const parameters = await openGrant(server, { tmb: TMB })
      const headers = { [DPOP_HEADER]: 'x' }
      await assertBound(server, await server.token({ parameters, headers }))
    },
  },
  {
    id: 'AS-22g',
    source: 'RFC 9700 section 4.14.2',
    title: `of ${RACERS} refreshes at once with one rotating refresh token, one gets a token`,
    check: async (server) => {
      const parameters = await openGrant(server, { tmb: TMB })
      const race = Array.from({ length: RACERS }, async () => server.token({ parameters }))
      const winners = (await Promise.all(race)).filter(({ status }) => status === 200)
      const rotates = winners.some(({ body }) => {
        const next = body?.['refresh_token']
        return next !== undefined && next !== parameters['refresh_token']
      })
      if (!rotates && winners.length > 0) throw new NotTried('refresh tokens do not rotate')
      if (winners.length !== 1) throw new NotMet(`${winners.length} of them got one`)
    },
  },
]

/** Signs a user in, and gives what refreshes the grant. */
async function openGrant(server: ServerUnderTest, tmb: Parameters): Promise<Parameters> {
  const code = await server.code()
  const body: JsonObject = assertIssued(await server.token({ parameters: { ...code, ...tmb } }))
  const refreshToken = body['refresh_token']
  if (typeof refreshToken !== 'string') {
    throw new NotTried('there is no refresh token: does the scope ask for offline access?')
  }
  const { resource } = code
  return {
    grant_type: 'refresh_token',
    refresh_token: refreshToken,
    ...(resource === undefined ? {} : { resource }),
  }
}

async function assertBound(server: ServerUnderTest, answer: Answer): Promise<void> {
  const body = assertIssued(answer)
  assertSameConfirmation(body[CONFIRMATION_CLAIM], { jkt: JKT }, 'the token response')
  const cnf = await confirmationOf(server, answer)
  assertSameConfirmation(cnf, { jkt: JKT }, 'the access token')
}
