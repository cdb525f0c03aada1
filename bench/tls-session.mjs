import { createProofSigner } from '@tmb-kit/core'
import { createVerifier } from '@tmb-kit/resource-server'
import { protect } from '@tmb-kit/resource-server/node'
import { sessionBindingServerOptions } from '@tmb-kit/resource-server/tls-session'
import { createService, httpsTransport } from '@tmb-kit/service'
import { X509Certificate, createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:https'
import { connect } from 'node:tls'
import { generate } from 'selfsigned'
import { goal, printGoals, printTable } from './support/report.mjs'
import { runInRounds } from './support/rounds.mjs'
import { ISSUER } from './support/world.mjs'

const REQUESTS = 1_000
const LABEL = 'EXPORTER-oauth-tls-session-bound'
const ES256 = { name: 'ECDSA', namedCurve: 'P-256' }
const now = () => Math.floor(Date.now() / 1000)
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * `npm run bench -- tls-session`: what a token costs that is bound to a TLS session, beside a DPoP
 * proof for each request. Caller and verifier are in this process, so both are in the figures.
 */
export async function main() {
  const [ours, own] = await Promise.all([createCertificate(), createCertificate()])
  const issue = await createIssuer()
  const counted = { signatures: 0, verifications: 0 }
  const server = await startServer(ours, issue.jwks, counted)
  const x5t = thumbprintOf(own.cert)
  const sessionBound = await issue.token(server.origin, { 'x5t#S256': x5t, tls_exp: LABEL })
  const service = createService({
    resourceServers: [server.origin],
    certificate: own.cert,
    privateKey: own.private,
    ca: ours.cert,
    accessToken: async () => sessionBound,
    // One, as the figures are about one connection.
    maxConnections: 1,
    onEvent: ({ type }) => {
      if (type === 'proof_signed') counted.signatures += 1
    },
  })
  const url = `${server.origin}/orders`
  const callBound = async () => (await service.fetch(url)).text()
  const certificateBound = await issue.token(server.origin, { 'x5t#S256': x5t })
  const caller = await createCaller(server, ours, own)
  const callDpop = await createDpopCaller(caller, issue, server.origin)
  try {
    for (let request = 0; request < REQUESTS; request += 1) await callBound()
    console.log(
      `${REQUESTS} requests on one session-bound connection: ${counted.signatures} signature at ` +
        `the caller, ${counted.verifications} verification at the verifier\n`,
    )
    const contenders = [
      contender('certificate alone', () =>
        caller.send({ authorization: `Bearer ${certificateBound}` }),
      ),
      contender('certificate and TLS session', callBound),
      contender('DPoP, a proof for each request', callDpop),
    ]
    const results = await runInRounds(contenders, { rounds: 9, iterations: 400 })
    print(results, counted)
  } finally {
    service.close()
    caller.close()
    server.close()
  }
}

function contender(name, run) {
  return { name, run, inputs: async (count) => Array.from({ length: count }) }
}

function print(results, { signatures, verifications }) {
  printTable(
    ['one request over HTTPS, both ends', 'rate', 'CPU', 'µs'],
    [...results].map(([name, { rate, cpu, wall }]) => [
      name,
      rate.toFixed(2),
      cpu.toFixed(2),
      wall.toFixed(0),
    ]),
  )
  const bound = results.get('certificate and TLS session')
  const dpop = results.get('DPoP, a proof for each request')
  printGoals([
    goal('signatures at the caller, in all rounds', signatures, 'at most', 1),
    goal('verifications at the verifier, in all rounds', verifications, 'at most', 1),
    goal('CPU of DPoP, in that of a session-bound request', dpop.cpu / bound.cpu, 'at least', 1),
  ])
}

async function createCertificate() {
  return generate([{ name: 'commonName', value: 'localhost' }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
}

function thumbprintOf(pem) {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('base64url')
}

async function createIssuer() {
  const pair = await crypto.subtle.generateKey(ES256, true, ['sign', 'verify'])
  const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', pair.publicKey)
  return {
    jwks: { keys: [{ kty, crv, x, y, kid: 'key-1', alg: 'ES256', use: 'sig' }] },
    token: async (aud, cnf) => {
      const [iat, jti] = [now(), crypto.randomUUID()]
      const claims = { iss: ISSUER, sub: 'service', client_id: 'service', jti, iat, aud, cnf }
      const header = encode({ typ: 'at+jwt', alg: 'ES256', kid: 'key-1' })
      const input = `${header}.${encode({ ...claims, exp: iat + 3600 })}`
      const signing = { name: 'ECDSA', hash: 'SHA-256' }
      const signature = await crypto.subtle.sign(signing, pair.privateKey, Buffer.from(input))
      return `${input}.${Buffer.from(signature).toString('base64url')}`
    },
  }
}

/** A resource server that is the end of its TLS sessions. It answers when it knows its own origin. */
async function startServer({ cert, private: key }, jwks, counted) {
  const guards = {}
  const tls = { cert, key, ...sessionBindingServerOptions() }
  const server = createServer(tls, async (request, response) => {
    const verified = await guards.guard(request, response)
    if (verified !== undefined) response.end('{"orders":[]}')
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const origin = `https://localhost:${server.address().port}`
  const onEvent = ({ type }) => {
    if (type === 'session_proof_verified') counted.verifications += 1
  }
  guards.guard = protect(
    createVerifier({ origins: [origin], issuer: ISSUER, audience: origin, jwks, onEvent }),
  )
  return { origin, port: server.address().port, close: () => server.close() }
}

/** The same HTTP on a connection of its own, without the service around it. */
async function createCaller({ origin, port }, { cert: ca }, { cert, private: key }) {
  const options = { host: 'localhost', port, ca, cert, key, minVersion: 'TLSv1.3' }
  const socket = connect(options)
  await once(socket, 'secureConnect')
  const connection = httpsTransport().attach(socket, origin)
  return {
    send: async (headers) => {
      const { signal } = new AbortController()
      const request = { method: 'GET', path: '/orders', headers, body: undefined, signal }
      const { response } = await connection.send(request)
      if (response.status !== 200) throw new Error(`answered ${response.status}`)
      return response.text()
    },
    close: () => connection.close(),
  }
}

async function createDpopCaller(caller, issue, origin) {
  const proofKey = await crypto.subtle.generateKey(ES256, false, ['sign', 'verify'])
  const signer = await createProofSigner(proofKey)
  const accessToken = await issue.token(origin, { jkt: signer.jkt })
  return async () => {
    const dpop = await signer.sign({ htm: 'GET', htu: `${origin}/orders`, accessToken })
    return caller.send({ authorization: `DPoP ${accessToken}`, dpop })
  }
}
