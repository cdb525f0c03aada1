import { describe, expect, it } from 'vitest'
import { readSettings } from '../src/settings.js'

describe('the settings of the demo API', () => {
  it('have defaults for all', () => {
    expect(readSettings({})).toEqual({
      port: 4002,
      apiOrigin: 'http://localhost:4002',
      issuer: 'http://localhost:4001',
      audience: 'http://localhost:4002/',
      applicationOrigin: 'http://localhost:4000',
      demandNonces: false,
      nonceLifetimeSeconds: 300,
    })
  })

  it('follow the port and the origin', () => {
    const { apiOrigin } = readSettings({ PORT: '5002' })
    expect(apiOrigin).toBe('http://localhost:5002')
    const { audience } = readSettings({ API_ORIGIN: 'https://api.example', DPOP_NONCE: '1' })
    expect(audience).toBe('https://api.example/')
  })

  it.each([
    ['PORT', '0'],
    ['PORT', '65536'],
    ['PORT', '40 02'],
    ['API_ORIGIN', 'https://api.example/'],
    ['API_ORIGIN', 'api.example'],
    ['ISSUER', 'as.example'],
    ['ISSUER', 'ftp://as.example'],
    ['API_AUDIENCE', 'orders'],
    ['APPLICATION_ORIGIN', '*'],
    ['DPOP_NONCE', 'yes'],
    ['NONCE_SECONDS', '0'],
    ['NONCE_SECONDS', '1.5'],
  ])('refuse %s=%s with a sentence that names it', (name, value) => {
    expect(() => readSettings({ [name]: value })).toThrow(new RegExp(`^${name} must be .+\\.$`))
  })
})
