import type { VerifierOptions } from '@tmb-kit/resource-server'
import { readFileSync } from 'node:fs'
import { beforeEach, describe, expect, it } from 'vitest'
import {
  createTestWorld,
  outcomeOf,
  type RequestChanges,
  type TestWorld,
} from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const vectors = JSON.parse(
  readFileSync(new URL('../../testkit/vectors/tls-session-binding.json', import.meta.url), 'utf8'),
) as readonly [{ readonly input: Readonly<Record<string, string>> }]
const [{ input }] = vectors
const CERTIFICATE = Uint8Array.from(Buffer.from(input['cert_der_base64'] ?? '', 'base64'))
const THUMBPRINT = input['x5t#S256'] ?? ''
const OTHER_CERTIFICATE = CERTIFICATE.slice(0, -1)

const judge = async (
  cnf: unknown,
  options: Partial<VerifierOptions> = {},
  changes: RequestChanges & { readonly certificate?: Uint8Array } = {},
) => {
  const { certificate, ...rest } = changes
  const request = await world.request({ token: { claims: { cnf } }, ...rest })
  return outcomeOf(
    world.verifier(options),
    request,
    certificate === undefined ? {} : { clientCertificate: certificate },
  )
}
const noProof = { headers: { DPoP: undefined } }

describe('cnf is a set of conditions', () => {
  it('CNF-01: both members hold: accepted', async () => {
    const cnf = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    expect(await judge(cnf, {}, { certificate: CERTIFICATE })).toMatchObject({ code: 'accepted' })
  })

  it('CNF-01: only the proof: invalid_token', async () => {
    const outcome = await judge({ jkt: world.jkt, 'x5t#S256': THUMBPRINT })
    expect(outcome).toMatchObject({ code: 'certificate_missing', status: 401 })
    expect(outcome.challenge).toMatch(/^DPoP error="invalid_token"/)
  })

  it('CNF-01: only the certificate: invalid_dpop_proof', async () => {
    const cnf = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    const outcome = await judge(cnf, {}, { ...noProof, certificate: CERTIFICATE })
    expect(outcome.challenge).toMatch(/^DPoP error="invalid_dpop_proof"/)
  })

  it('CNF-02: a policy names what it enforces', async () => {
    const both = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    const enforce = ['jkt'] as const
    expect(await judge(both, { enforce })).toMatchObject({ code: 'accepted' })
    expect(
      await judge({ 'x5t#S256': THUMBPRINT }, { enforce }, { scheme: 'Bearer' }),
    ).toMatchObject({
      code: 'confirmation_not_enforced',
      status: 401,
    })
    expect(await judge({ jkt: world.jkt }, { enforce: ['x5t#S256'] })).toMatchObject({
      code: 'confirmation_not_enforced',
    })
  })

  it('CNF-02: a proof under DPoP is verified whatever the policy names', async () => {
    const both = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    const enforce = ['x5t#S256'] as const
    const wrong = { certificate: CERTIFICATE, htm: 'POST' }
    expect(await judge(both, { enforce }, wrong)).toMatchObject({ code: 'proof_htm_mismatch' })
  })

  it.each([
    [{ kid: 'x' }, 'confirmation_unknown'],
    [{ htsk: {} }, 'confirmation_unknown'],
    [{ jwk: { kty: 'EC' } }, 'confirmation_unknown'],
    [{}, 'confirmation_unknown'],
    ['x', 'confirmation_malformed'],
    [null, 'confirmation_malformed'],
    [[], 'confirmation_malformed'],
    [1, 'confirmation_malformed'],
    [true, 'confirmation_malformed'],
  ])('CNF-03: %j is no bearer token', async (cnf, code) => {
    for (const scheme of ['DPoP', 'Bearer']) {
      const outcome = await judge(cnf, { allowBearer: true }, { scheme })
      expect(outcome).toMatchObject({ code, status: 401 })
      expect(outcome.challenge).toContain(`${scheme} error="invalid_token"`)
    }
  })

  it('CNF-04: an unknown member beside an enforced one is ignored, in strict mode refused', async () => {
    const cnf = { jkt: world.jkt, 'kc-jkt-type': 'DPoP' }
    expect(await judge(cnf)).toMatchObject({ code: 'accepted' })
    expect(await judge(cnf, { strictConfirmation: true })).toMatchObject({
      code: 'confirmation_unknown',
      status: 401,
    })
    expect(await judge({ jkt: world.jkt }, { strictConfirmation: true })).toMatchObject({
      code: 'accepted',
    })
  })

  it.each([
    ['jkt', 'too-short'],
    ['jkt', `${'A'.repeat(43)}=`],
    ['jkt', 'A'.repeat(44)],
    ['jkt', `${'A'.repeat(42)}B`],
    ['jkt', ''],
    ['jkt', null],
    ['jkt', 43],
    ['jkt', ['A'.repeat(43)]],
    ['x5t#S256', 'too-short'],
    ['x5t#S256', {}],
    ['x5t#S256', 'bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2'],
  ])('CNF-05: the %s %j is malformed', async (member, value) => {
    const cnf = { jkt: world.jkt, [member]: value }
    expect(await judge(cnf)).toMatchObject({ code: 'confirmation_malformed', status: 401 })
    expect(await judge(cnf, { enforce: ['jkt'] })).toMatchObject({ code: 'confirmation_malformed' })
  })

  it('CNF-06: without jkt the scheme is Bearer', async () => {
    const cnf = { 'x5t#S256': THUMBPRINT }
    const certificate = CERTIFICATE
    expect(await judge(cnf, {}, { certificate, scheme: 'Bearer' })).toMatchObject({
      code: 'accepted',
    })
    const wrong = await judge(cnf, {}, { certificate })
    expect(wrong).toMatchObject({ code: 'token_scheme_mismatch', status: 401 })
    expect(wrong.challenge).toMatch(/^DPoP error="invalid_token"/)
  })

  it('MTLS-01: another certificate, an empty one and none are refused', async () => {
    const cnf = { 'x5t#S256': THUMBPRINT }
    for (const [certificate, code] of [
      [OTHER_CERTIFICATE, 'certificate_mismatch'],
      [new Uint8Array(0), 'certificate_missing'],
    ] as const) {
      const outcome = await judge(cnf, {}, { certificate, scheme: 'Bearer' })
      expect(outcome).toMatchObject({ code, status: 401 })
      expect(outcome.challenge).toMatch(/^Bearer error="invalid_token"/)
    }
  })

  it('MTLS-05: a certificate in a header is ignored', async () => {
    const cnf = { 'x5t#S256': THUMBPRINT }
    const headers = { 'Client-Cert': `:${input['cert_der_base64'] ?? ''}:` }
    expect(await judge(cnf, {}, { headers, scheme: 'Bearer' })).toMatchObject({
      code: 'certificate_missing',
    })
  })

  it('CNF-09: a token without cnf is refused, unless bearer tokens are allowed', async () => {
    const changes = { scheme: 'Bearer' }
    const refused = await judge(undefined, {}, changes)
    expect(refused).toMatchObject({ code: 'token_unbound', status: 401 })
    expect(refused.challenge).toMatch(/DPoP algs="ES256"$/)
    expect(await judge(undefined, { allowBearer: true }, changes)).toMatchObject({
      code: 'accepted',
    })
  })

  it('CNF-10: with both wrong, the proof is named first', async () => {
    const cnf = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    const outcome = await judge(cnf, {}, { certificate: OTHER_CERTIFICATE, htm: 'POST' })
    expect(outcome.challenge).toMatch(/^DPoP error="invalid_dpop_proof"[^,]*, [^,]*, algs="ES256"$/)
  })

  it('CNF-10: a wrong certificate uses no proof up', async () => {
    const cnf = { jkt: world.jkt, 'x5t#S256': THUMBPRINT }
    const verifier = world.verifier()
    const request = await world.request({ token: { claims: { cnf } } })
    await outcomeOf(verifier, request.clone(), { clientCertificate: OTHER_CERTIFICATE })
    const again = await outcomeOf(verifier, request, { clientCertificate: CERTIFICATE })
    expect(again).toMatchObject({ code: 'accepted' })
  })

  it('EKM-07: tls_exp is enforced whatever the policy names', async () => {
    const cnf = { jkt: world.jkt, tls_exp: 'EXPORTER-oauth-tls-session-bound' }
    expect(await judge(cnf, { enforce: ['jkt'] })).toMatchObject({ status: 401 })
  })
})
