// The demo's second hop: the inventory behind the API, and how the two know each other.
import { createConnection } from 'node:net'

const ATTEMPTS = 600

/**
 * Certificates for the inventory and for the API as its client, new at each start, and what the servers
 * of the demo must be told. Nothing where the demo runs without an inventory.
 */
export async function prepareInventory(inventory, { issuer, apiKeys }) {
  if (inventory === undefined) return { authorizationServer: {}, api: {} }

  const [ours, client] = await Promise.all([
    createCertificate('tmb-kit demo inventory'),
    createCertificate('tmb-kit demo API'),
  ])
  return {
    authorizationServer: {
      INVENTORY_RESOURCE: `${inventory.origin}/`,
      API_CLIENT_JWKS: JSON.stringify({ keys: [apiKeys.publicJwk] }),
    },
    api: {
      INVENTORY_ORIGIN: inventory.origin,
      INVENTORY_CA: ours.cert,
      SERVICE_CERTIFICATE: client.cert,
      SERVICE_KEY: client.private,
      CLIENT_ID: 'demo-api',
      CLIENT_KEY: JSON.stringify(apiKeys.privateJwk),
    },
    inventory: {
      PORT: String(inventory.port),
      INVENTORY_ORIGIN: inventory.origin,
      ISSUER: issuer,
      TLS_CERTIFICATE: ours.cert,
      TLS_KEY: ours.private,
    },
  }
}

async function createCertificate(name) {
  // Not before it is installed: this file is there on a fresh clone.
  const { generate } = await import('selfsigned')
  return generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
  })
}

/** Waits until somebody listens: the inventory speaks to nobody without a certificate of its own. */
export async function listens({ port }) {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const isThere = await new Promise((resolve) => {
      const socket = createConnection({ port, host: 'localhost' })
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false))
      socket.once('connect', () => socket.destroy())
    })
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`nothing answered on port ${port}`)
}
