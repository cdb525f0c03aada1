import { assertIssued, assertRefused } from '../answer.js'
import { withWrongCredential } from '../client-authentication.js'
import { NotMet } from '../finding.js'
import { profile, type Requirement } from '../requirement.js'
import { TMB } from './values.js'

/** The server trusts the client that names the key, so not every client may. */
export const PERMISSION: readonly Requirement[] = [
  {
    id: 'AS-05a',
    source: profile('Q8'),
    title: 'a client without permission is unauthorized_client',
    check: async (server) => {
      const client = server.settings.unpermitted
      const parameters = { ...(await server.grant(client)), tmb: TMB }
      assertRefused(await server.token({ client, parameters }), { error: 'unauthorized_client' })
    },
  },
  {
    id: 'AS-05b',
    source: 'RFC 6749 section 5.2',
    title: 'a client that does not authenticate is 401 invalid_client',
    check: async (server) => {
      const client = withWrongCredential(server.settings.permitted)
      const parameters = { ...(await server.grant()), tmb: TMB }
      const answer = await server.token({ client, parameters })
      assertRefused(answer, { error: 'invalid_client', status: 401 })
    },
  },
  {
    id: 'AS-15a',
    source: profile('Q5'),
    title: 'without tmb the other client gets what it always got',
    check: async (server) => {
      const client = server.settings.unpermitted
      const body = assertIssued(
        await server.token({ client, parameters: await server.grant(client) }),
      )
      if (body['cnf'] !== undefined) throw new NotMet('the answer has a cnf')
    },
  },
  {
    id: 'AS-23',
    source: 'RFC 9700 section 2.6',
    title: 'a preflight from another origin to the token endpoint is not allowed',
    check: async (server) => {
      const { headers } = await server.fetch(server.endpoint('token_endpoint'), {
        method: 'OPTIONS',
        headers: { Origin: 'https://app.example', 'Access-Control-Request-Method': 'POST' },
      })
      const allowed = headers.get('Access-Control-Allow-Origin')
      if (allowed !== null) throw new NotMet(`Access-Control-Allow-Origin is ${allowed}`)
    },
  },
]
