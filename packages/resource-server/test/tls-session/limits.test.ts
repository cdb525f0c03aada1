import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8')
const readme = read('../../README.md').replaceAll(/\s+/g, ' ')

describe('what the README says of the limits', () => {
  it('EKM-03: 0-RTT and QUIC', () => {
    expect(readme).toContain('Only 1-RTT sessions count')
  })

  it('EKM-30: replay within a connection, a stolen key, proxies, browsers', () => {
    expect(readme).toContain('replay within one connection by whoever sits on it')
    expect(readme).toContain('a stolen private key')
    expect(readme).toContain('a session-bound token that comes through a proxy is refused')
  })

  it('EKM-26: browsers, and the browser package offers nothing of it', () => {
    expect(readme).toContain('browsers, which do not show the exporter to a page')
    expect(read('../../../browser/src/index.ts')).not.toMatch(/session-?binding|tls-?session/i)
  })

  it('which revision of the draft was read, and which was not', () => {
    expect(readme).toMatch(/-\*\*06\*\* \(6 June 2026\).*-07 .* Its text was not read/)
  })
})
