import type { JsonObject } from '@tmb-kit/core'
import { assertIssued, claimsOf, type Answer } from '../answer.js'
import { NotTried } from '../finding.js'
import type { ServerUnderTest } from '../server-under-test.js'

/** RFC 7638 section 3.1 and RFC 9449 section 6.1: two thumbprints that anybody may use. */
export const JKT = '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I'
const OTHER_JKT = 'NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs'

/** Of a certificate of the kit's. The example of RFC 8705 section 3.1 is not canonical base64url. */
export const X5T = 'KACUS5vHKA3qQgDaQelsp6g9J78itU6hy-oXRR0TMlo'

export const TLS_EXP = 'EXPORTER-oauth-tls-session-bound'

export const TMB = JSON.stringify({ jkt: JKT })
export const OTHER_TMB = JSON.stringify({ jkt: OTHER_JKT })

/** Requests that race. */
export const RACERS = 20

/** @throws {@link NotTried} unless the permitted client is registered for all of them. */
export function assertMethods({ settings }: ServerUnderTest, methods: readonly string[]): void {
  const missing = methods.filter((method) => !settings.methods.includes(method))
  if (missing.length > 0)
    throw new NotTried(`the permitted client may not use ${missing.join(', ')}`)
}

/** What introspection says of a token of the permitted client. */
export async function introspect(server: ServerUnderTest, answer: Answer): Promise<JsonObject> {
  const endpoint = server.endpoint('introspection_endpoint')
  const token = String(assertIssued(answer)['access_token'])
  const { status, body } = await server.post(endpoint, { parameters: { token } })
  if (status === 200 && body?.['active'] === true) return body
  throw new NotTried('the permitted client may not introspect this token')
}

/** The `cnf` that the token itself has, in its claims or by introspection. */
export async function confirmationOf(server: ServerUnderTest, answer: Answer): Promise<unknown> {
  const claims = claimsOf(answer.body?.['access_token'])
  return (claims ?? (await introspect(server, answer)))['cnf']
}
