import { encodeBase64urlText } from '@tmb-kit/core'
import type { Deployment } from './deployment.js'

/** The claims that a page shows of its user. */
export const REALISTIC_CLAIMS = ['sub', 'name', 'email', 'preferred_username', 'locale']

const SUBJECT = 'b5f7c9e1-3a2d-4c68-9f0b-7d1e2a3c4b5d'
const SID = '0d9e8f7a-6b5c-4d3e-a2f1-c0b9a8d7e6f5'

/** A refresh token that is a JWT, as some servers issue it: 1.1 kB, and another with every refresh. */
function createRefreshToken(): string {
  const header = encodeBase64urlText(
    JSON.stringify({ alg: 'RS256', typ: 'JWT', kid: crypto.randomUUID() }),
  )
  const claims = {
    exp: 1_800_001_800,
    iat: 1_800_000_000,
    jti: crypto.randomUUID(),
    iss: 'https://login.example.com/realms/production',
    aud: 'https://login.example.com/realms/production',
    sub: SUBJECT,
    typ: 'Refresh',
    azp: 'app-backend',
    sid: SID,
    scope: 'openid offline_access profile email orders.read orders.write',
    cnf: { jkt: '0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I' },
  }
  const signature = crypto.getRandomValues(new Uint8Array(256))
  const encoded = btoa(String.fromCharCode(...signature))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '')
  return `${header}.${encodeBase64urlText(JSON.stringify(claims))}.${encoded}`
}

/** Lets the authorization server sign in a user as there are many. @returns the refresh tokens. */
export function beRealistic({ server }: Deployment): readonly string[] {
  const issued: string[] = []
  server.behaviour.sub = SUBJECT
  server.behaviour.idTokenClaims = {
    sid: SID,
    name: 'Alexandra Hernandez-Whitfield',
    email: 'alexandra.hernandez@example.com',
    preferred_username: 'alexandra.hernandez',
    locale: 'en-GB',
    email_verified: true,
    zoneinfo: 'Europe/London',
  }
  server.behaviour.tokenAnswer = (answer) => {
    const refreshToken = createRefreshToken()
    if (refreshToken.length < 1000) throw new Error('a realistic refresh token is longer')
    issued.push(refreshToken)
    return { ...answer, refresh_token: refreshToken }
  }
  return issued
}
