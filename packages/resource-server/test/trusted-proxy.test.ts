import type { VerifierOptions } from '@tmb-kit/resource-server'
import { createHash } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

const ORIGINS = ['https://a.test', 'https://b.test']
const INSIDE = 'http://10.0.0.7:8080/x'
const PROXY = '10.0.0.1'
const trustedProxy: NonNullable<VerifierOptions['trustedProxy']> = (_, { remoteAddress }) =>
  remoteAddress === PROXY

const judge = async (
  headers: Readonly<Record<string, string>>,
  htu: string,
  remoteAddress = PROXY,
): Promise<string> => {
  const request = await world.request({ url: INSIDE, htu, headers })
  const verifier = world.verifier({ origins: ORIGINS, trustedProxy })
  return (await outcomeOf(verifier, request, { remoteAddress })).code
}

describe('RS-DPOP-13: behind a trusted proxy', () => {
  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['X-Forwarded headers', { 'X-Forwarded-Host': 'b.test', 'X-Forwarded-Proto': 'https' }],
    ['Forwarded', { Forwarded: 'for=1.2.3.4;host=b.test;proto=https' }],
    ['Forwarded with quotes and a port', { Forwarded: 'Host="b.test:443"; Proto=HTTPS' }],
    [
      'the last of several',
      { 'X-Forwarded-Host': 'a.test, b.test', 'X-Forwarded-Proto': 'http, https' },
    ],
    [
      'the last of several Forwarded',
      { Forwarded: 'host=a.test;proto=https, host=b.test;proto=https' },
    ],
  ])('%s choose among the origins', async (_, headers) => {
    expect(await judge(headers, 'https://b.test/x')).toBe('accepted')
    expect(await judge(headers, 'https://a.test/x')).toBe('proof_htu_mismatch')
  })

  it('an origin that is not on the list counts for nothing: the first does', async () => {
    const headers = { 'X-Forwarded-Host': 'evil.test', 'X-Forwarded-Proto': 'https' }
    expect(await judge(headers, 'https://evil.test/x')).toBe('proof_htu_mismatch')
    expect(await judge(headers, 'https://a.test/x')).toBe('accepted')
  })

  it('the same headers from anybody else are not looked at', async () => {
    const headers = { 'X-Forwarded-Host': 'b.test', 'X-Forwarded-Proto': 'https' }
    expect(await judge(headers, 'https://b.test/x', '203.0.113.9')).toBe('proof_htu_mismatch')
  })

  it.each<readonly [string, Readonly<Record<string, string>>]>([
    ['half of what is needed', { 'X-Forwarded-Host': 'b.test' }],
    ['a scheme that is none', { 'X-Forwarded-Host': 'b.test', 'X-Forwarded-Proto': 'javascript' }],
    ['a host that is none', { 'X-Forwarded-Host': 'b test', 'X-Forwarded-Proto': 'https' }],
    ['nonsense', { Forwarded: ';;=,' }],
  ])('%s is as good as nothing', async (_, headers) => {
    expect(await judge(headers, 'https://a.test/x')).toBe('accepted')
  })
})

describe('MTLS-05: a certificate in a header', () => {
  const CERTIFICATE = Buffer.from('the DER of a certificate')
  const cnf = { 'x5t#S256': createHash('sha256').update(CERTIFICATE).digest('base64url') }
  const present = async (header: string, remoteAddress: string): Promise<string> => {
    const headers = { 'Client-Cert': header }
    const request = await world.request({ scheme: 'Bearer', token: { claims: { cnf } }, headers })
    return (await outcomeOf(world.verifier({ trustedProxy }), request, { remoteAddress })).code
  }
  const encoded = `:${CERTIFICATE.toString('base64')}:`

  it('RFC 9440: counts from the proxy, and from nobody else', async () => {
    expect(await present(encoded, PROXY)).toBe('accepted')
    expect(await present(encoded, '203.0.113.9')).toBe('certificate_missing')
  })

  it.each(['', '::', CERTIFICATE.toString('base64'), ':abc:', ':a b=:', `${encoded}, ${encoded}`])(
    'RFC 9440: the header %j holds none',
    async (header) => {
      expect(await present(header, PROXY)).toBe('certificate_missing')
    },
  )
})
