import { DPOP_SCHEME, type ProofSigner } from '@tmb-kit/core'
import { assertIssued, describeAnswer, readAnswer, type Answer } from '../answer.js'
import { NotMet, NotTried } from '../finding.js'
import { createSigner, sendWithProof } from '../proof-sender.js'
import { profile, type Requirement } from '../requirement.js'
import type { ServerUnderTest } from '../server-under-test.js'
import { OTHER_TMB, TMB } from './values.js'

const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange'
const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token'

/** Who may use a bound token at the authorization server itself. */
export const PRESENTING: readonly Requirement[] = [
  {
    id: 'AS-16a',
    source: 'RFC 9449 section 7',
    title: 'UserInfo takes the token from the holder of the key',
    check: async (server) => {
      const signer = await createSigner()
      const answer = await present(server, await tokenFor(server, signer), signer)
      if (answer.status !== 200) throw new NotMet(`got ${describeAnswer(answer)}`)
    },
  },
  {
    id: 'AS-16b',
    source: 'RFC 9449 section 7',
    title: 'UserInfo takes it from nobody else: no proof, another key, as a bearer token',
    check: async (server) => {
      const accessToken = await tokenFor(server, await createSigner())
      await assertNotTaken(await present(server, accessToken, await createSigner()), 'another key')
      await assertNotTaken(await presentAs(server, `${DPOP_SCHEME} ${accessToken}`), 'no proof')
      await assertNotTaken(await presentAs(server, `Bearer ${accessToken}`), 'as a bearer token')
    },
  },
  {
    id: 'TX-04',
    source: profile('exchange'),
    title: 'a bound token is not exchanged by who is neither its audience nor holds its key',
    check: async (server) => {
      const { grant_types_supported: grants } = server.metadata
      if (!Array.isArray(grants) || !grants.includes(TOKEN_EXCHANGE)) {
        throw new NotTried('token exchange is not supported')
      }
      const opening = { ...(await server.grant()), tmb: TMB }
      const { access_token: token } = assertIssued(await server.token({ parameters: opening }))
      const { resource } = server.settings
      const parameters = {
        grant_type: TOKEN_EXCHANGE,
        subject_token: String(token),
        subject_token_type: ACCESS_TOKEN_TYPE,
        ...(resource === undefined ? {} : { resource }),
        tmb: OTHER_TMB,
      }
      const answer = await server.token({ parameters })
      if (answer.status !== 400) throw new NotMet(`got ${describeAnswer(answer)}`)
    },
  },
]

/** A token for UserInfo, with `openid` and for no other resource, bound to that key. */
async function tokenFor(server: ServerUnderTest, { jkt }: ProofSigner): Promise<string> {
  server.endpoint('userinfo_endpoint')
  const code = await server.code({ withResource: false })
  const tmb = JSON.stringify({ jkt })
  const body = assertIssued(await server.token({ parameters: { ...code, tmb } }))
  return String(body['access_token'])
}

async function present(
  server: ServerUnderTest,
  accessToken: string,
  signer: ProofSigner,
): Promise<Answer> {
  const htu = server.endpoint('userinfo_endpoint')
  return sendWithProof(signer, { htm: 'GET', htu, accessToken }, async (headers) =>
    presentAs(server, `${DPOP_SCHEME} ${accessToken}`, headers),
  )
}

async function presentAs(
  server: ServerUnderTest,
  authorization: string,
  more: Readonly<Record<string, string>> = {},
): Promise<Answer> {
  const headers = { Authorization: authorization, ...more }
  return readAnswer(await server.fetch(server.endpoint('userinfo_endpoint'), { headers }))
}

async function assertNotTaken(answer: Answer, what: string): Promise<void> {
  if (answer.status === 401 || answer.status === 400) return
  throw new NotMet(`${what}: got ${describeAnswer(answer)}`)
}
