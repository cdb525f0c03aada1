import { hkdfSync } from 'node:crypto'
import { getAuth, initOidcAuthMiddleware } from '@hono/oidc-auth'
import express from 'express'
import expressOpenid from 'express-openid-connect'
import { Hono } from 'hono'
import { sign } from 'hono/jwt'
import { CompactEncrypt, UnsecuredJWT } from 'jose'
import { ISSUER, ORIGIN, SECRET, USER } from './backend-world.mjs'

const LIFETIME_SECONDS = 24 * 3600
const REFRESH_TOKEN = 'r'.repeat(700)

/**
 * express-openid-connect with its session in its encrypted cookie, as it comes: an endpoint that
 * tells the page its user.
 */
export async function createExpressOpenid() {
  const app = express()
  app.use(
    expressOpenid.auth({
      authRequired: false,
      issuerBaseURL: ISSUER,
      baseURL: ORIGIN,
      clientID: 'app',
      clientSecret: 'a client secret',
      secret: SECRET,
      authorizationParams: { response_type: 'code' },
    }),
  )
  app.get('/me', (request, response) => {
    response.json({ active: request.oidc.isAuthenticated(), claims: request.oidc.user })
  })
  return { listener: app, requests: { session: [await requestWith(await expressCookie())] } }
}

/** The cookie that its own login would have set. */
async function expressCookie() {
  const now = Math.floor(Date.now() / 1000)
  const claims = { iss: ISSUER, aud: 'app', sub: crypto.randomUUID(), ...USER, iat: now }
  const idToken = new UnsecuredJWT({ ...claims, exp: now + LIFETIME_SECONDS }).encode()
  const session = {
    id_token: idToken,
    access_token: 'a'.repeat(500),
    refresh_token: REFRESH_TOKEN,
    token_type: 'Bearer',
    expires_at: now + LIFETIME_SECONDS,
  }
  const sealKey = new Uint8Array(hkdfSync('sha256', SECRET, '', 'JWE CEK', 32))
  const value = await new CompactEncrypt(new TextEncoder().encode(JSON.stringify(session)))
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', iat: now, uat: now, exp: claims.iat + 3600 })
    .encrypt(sealKey)
  return `appSession=${value}`
}

/** @hono/oidc-auth with its session in its signed cookie: the same endpoint. */
export async function createHonoOidc() {
  const app = new Hono()
  app.use(
    initOidcAuthMiddleware({
      OIDC_AUTH_SECRET: SECRET,
      OIDC_ISSUER: ISSUER,
      OIDC_CLIENT_ID: 'app',
      OIDC_CLIENT_SECRET: 'a client secret',
    }),
  )
  app.get('/me', async (c) => {
    const session = await getAuth(c)
    return c.json({ active: session !== null, claims: session })
  })
  const expiry = Math.floor(Date.now() / 1000) + LIFETIME_SECONDS
  const session = { sub: crypto.randomUUID(), ...USER, rtk: REFRESH_TOKEN, rtkexp: expiry }
  const cookie = `oidc-auth=${await sign({ ...session, ssnexp: expiry }, SECRET, 'HS256')}`
  return { app, requests: { session: [await requestWith(cookie)] } }
}

function requestWith(cookie) {
  return { method: 'GET', path: '/me', headers: { Cookie: cookie } }
}
