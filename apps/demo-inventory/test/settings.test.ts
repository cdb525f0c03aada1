import { describe, expect, it } from 'vitest'
import { readInventorySettings } from '../../demo-api/src/inventory-settings.js'
import { readSettings } from '../src/settings.js'

const PEM = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
const GOOD = { TLS_CERTIFICATE: PEM, TLS_KEY: PEM }
const API = {
  INVENTORY_ORIGIN: 'https://localhost:4100',
  INVENTORY_CA: PEM,
  SERVICE_CERTIFICATE: PEM,
  SERVICE_KEY: PEM,
  CLIENT_KEY: '{"kty":"EC"}',
}

describe('the settings of the inventory', () => {
  it('have addresses of their own by default', () => {
    expect(readSettings(GOOD)).toEqual({
      port: 4100,
      origin: 'https://localhost:4100',
      issuer: 'http://localhost:4001',
      certificate: PEM,
      privateKey: PEM,
    })
  })

  it.each([
    ['PORT', '0'],
    ['PORT', 'abc'],
    ['INVENTORY_ORIGIN', 'http://localhost:4100'],
    ['INVENTORY_ORIGIN', 'https://localhost:4100/'],
    ['TLS_CERTIFICATE', 'canary'],
    ['TLS_KEY', ''],
  ])('refuse %s=%s in a sentence that names it', (name, value) => {
    expect(() => readSettings({ ...GOOD, [name]: value })).toThrow(name)
    expect(() => readSettings({ ...GOOD, [name]: value })).not.toThrow(/canary/)
  })
})

describe('the settings of the API for its inventory', () => {
  it('are none where there is no inventory', () => {
    expect(readInventorySettings({})).toBeUndefined()
    expect(readInventorySettings(API)).toMatchObject({ clientId: 'demo-api' })
  })

  it.each([
    ['INVENTORY_ORIGIN', 'http://localhost:4100'],
    ['INVENTORY_CA', ''],
    ['SERVICE_CERTIFICATE', 'canary'],
    ['SERVICE_KEY', 'canary'],
    ['CLIENT_KEY', 'canary'],
  ])('refuse %s=%s in a sentence that names it', (name, value) => {
    expect(() => readInventorySettings({ ...API, [name]: value })).toThrow(name)
    expect(() => readInventorySettings({ ...API, [name]: value })).not.toThrow(/canary/)
  })
})
