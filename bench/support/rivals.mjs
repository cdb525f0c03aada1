import { createServer } from 'node:http'
import { auth } from 'express-oauth2-jwt-bearer'
import { jwksCache, validateJwtAccessToken } from 'oauth4webapi'
import { API, ISSUER, requestsOf } from './world.mjs'

/** oauth4webapi, with the issuer's keys in its cache. */
export function createOauth4webapi(jwks, clients) {
  const authorizationServer = { issuer: ISSUER, jwks_uri: `${ISSUER}/jwks` }
  const options = {
    requireDPoP: true,
    [jwksCache]: { jwks, uat: Math.floor(Date.now() / 1000) },
  }
  return {
    name: 'oauth4webapi',
    inputs: async (count) => requestsOf(clients, count),
    run: async (request) => validateJwtAccessToken(authorizationServer, request, API, options),
  }
}

/** express-oauth2-jwt-bearer, called as Express calls it, with the issuer's keys on loopback. */
export async function createExpressBearer(jwks, clients) {
  const server = createServer((_, response) => {
    response.setHeader('Content-Type', 'application/json')
    response.end(JSON.stringify(jwks))
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const guard = auth({
    issuer: ISSUER,
    audience: API,
    jwksUri: `http://127.0.0.1:${server.address().port}/jwks`,
    dpop: { enabled: true, required: true },
  })
  return {
    contender: {
      name: 'express-oauth2-jwt-bearer',
      inputs: async (count) => (await requestsOf(clients, count)).map(asExpressRequest),
      run: async (request) =>
        guard(request, {}, (error) => {
          if (error) throw error
        }),
    },
    close: () => server.close(),
  }
}

function asExpressRequest(request) {
  const headers = { host: 'api.test', ...Object.fromEntries(request.headers) }
  return {
    headers,
    method: request.method,
    protocol: 'https',
    hostname: 'api.test',
    originalUrl: '/orders',
    url: '/orders',
    query: {},
    body: undefined,
    socket: {},
    get: (name) => headers[name.toLowerCase()],
    is: () => false,
  }
}
