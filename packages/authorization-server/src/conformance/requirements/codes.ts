import { DPOP_JKT_PARAMETER } from '@tmb-kit/core'
import { assertIssued, assertRefused } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { profile, type Requirement } from '../requirement.js'
import { JKT, OTHER_TMB, RACERS, TMB } from './values.js'

const PINNED = { parameters: { [DPOP_JKT_PARAMETER]: JKT } }

/** Authorization codes: pinned to a key, redeemed once, by the right client only. */
export const CODES: readonly Requirement[] = [
  {
    id: 'AS-11a',
    source: profile('Q7'),
    title: 'a code with dpop_jkt is redeemed by an equal tmb.jkt, without a proof',
    check: async (server) => {
      const parameters = { ...(await server.code(PINNED)), tmb: TMB }
      assertIssued(await server.token({ parameters }))
    },
  },
  {
    id: 'AS-11b',
    source: `RFC 9449 section 10, ${profile('Q7')}`,
    title: 'a code with dpop_jkt is invalid_grant for another tmb.jkt',
    check: async (server) => {
      const parameters = { ...(await server.code(PINNED)), tmb: OTHER_TMB }
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-11c',
    source: 'RFC 9449 section 10',
    title: 'a code with dpop_jkt is invalid_grant without proof and tmb',
    check: async (server) => {
      const parameters = await server.code(PINNED)
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-21',
    source: 'draft-richer-oauth-tmb-claim-01 section 3',
    title: 'tmb in an authorization request has no meaning there',
    check: async (server) => {
      const code = await server.code({ parameters: { tmb: TMB } })
      const body = assertIssued(await server.token({ parameters: { ...code, tmb: OTHER_TMB } }))
      if (body['token_type'] === undefined) throw new NotMet('no token_type')
    },
  },
  {
    id: 'AS-22a',
    source: 'RFC 6749 section 4.1.2',
    title: 'a code is redeemed once',
    check: async (server) => {
      const parameters = { ...(await server.code()), tmb: TMB }
      assertIssued(await server.token({ parameters }))
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-22b',
    source: 'RFC 6749 section 4.1.2',
    title: `of ${RACERS} requests at once with one code, one gets a token`,
    check: async (server) => {
      const parameters = { ...(await server.code()), tmb: TMB }
      const race = Array.from({ length: RACERS }, async () => server.token({ parameters }))
      const winners = (await Promise.all(race)).filter(({ status }) => status === 200)
      if (winners.length !== 1) throw new NotMet(`${winners.length} of them got one`)
    },
  },
  {
    id: 'AS-22c',
    source: 'RFC 7636 section 4.6',
    title: 'a code is invalid_grant with another code_verifier',
    check: async (server) => {
      const verifier = 'x'.repeat(64)
      const parameters = { ...(await server.code()), code_verifier: verifier, tmb: TMB }
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-22d',
    source: 'RFC 6749 section 4.1.3',
    title: 'a code is invalid_grant with another redirect_uri',
    check: async (server) => {
      const code = await server.code()
      const parameters = { ...code, redirect_uri: `${code['redirect_uri'] ?? ''}/`, tmb: TMB }
      assertRefused(await server.token({ parameters }), { error: 'invalid_grant' })
    },
  },
  {
    id: 'AS-22e',
    source: 'RFC 9207 section 2',
    title: 'the authorization response names the issuer',
    check: async (server) => {
      await server.code()
      const iss = server.lastCallback().searchParams.get('iss')
      if (iss !== server.settings.issuer) throw new NotMet(`iss is ${iss ?? 'absent'}`)
    },
  },
  {
    id: 'AS-22f',
    source: 'RFC 6749 section 4.1.3',
    title: 'a code is invalid_grant for another client',
    check: async (server) => {
      const parameters = await server.code()
      const answer = await server.token({ client: server.settings.unpermitted, parameters })
      if (answer.body?.['error'] === 'unauthorized_client') {
        throw new NotTried('the other client may not use codes')
      }
      assertRefused(answer, { error: 'invalid_grant' })
    },
  },
]
