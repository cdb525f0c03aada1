import { protectedResourceMetadata } from '@tmb-kit/resource-server/hono'
import { metadataPathOf } from '@tmb-kit/resource-server'
import { Hono } from 'hono'
import { beforeEach, describe, expect, it } from 'vitest'
import { API, ISSUER } from './support/test-issuer.js'
import { createTestWorld, outcomeOf, type TestWorld } from './support/test-world.js'

let world: TestWorld
beforeEach(async () => {
  world = await createTestWorld()
})

describe('protected resource metadata', () => {
  it.each([
    [API, '/.well-known/oauth-protected-resource'],
    [`${API}/`, '/.well-known/oauth-protected-resource'],
    [`${API}/v1`, '/.well-known/oauth-protected-resource/v1'],
  ])('META-04: for %s it is at %s, and names the resource as it is', async (resource, path) => {
    expect(metadataPathOf(resource)).toBe(path)
    const app = new Hono().use(protectedResourceMetadata(world.verifier({ resource })))
    const response = await app.request(`${API}${path}`)
    expect(await response.json()).toMatchObject({ resource, authorization_servers: [ISSUER] })
    expect((await app.request(`${API}${path}/other`)).status).toBe(404)
    expect((await app.request(`${API}${path}`, { method: 'POST' })).status).toBe(404)
  })

  it('META-05: it mirrors the policy', () => {
    expect(world.verifier({ enforce: ['jkt'], algorithms: ['ES256', 'Ed25519'] }).metadata).toEqual(
      {
        resource: API,
        authorization_servers: [ISSUER],
        bearer_methods_supported: ['header'],
        dpop_signing_alg_values_supported: ['ES256', 'Ed25519'],
        dpop_bound_access_tokens_required: true,
        tls_client_certificate_bound_access_tokens: false,
      },
    )
    expect(world.verifier({ allowBearer: true }).metadata).toMatchObject({
      dpop_bound_access_tokens_required: false,
      tls_client_certificate_bound_access_tokens: true,
    })
  })

  it('META-06: with a resource, every challenge says where the metadata is', async () => {
    const verifier = world.verifier({ resource: `${API}/v1`, allowBearer: true })
    const where = 'resource_metadata="https://api.test/.well-known/oauth-protected-resource/v1"'
    const none = await outcomeOf(verifier, new Request(API))
    expect(none.challenge).toBe(`Bearer ${where}, DPoP algs="ES256", ${where}`)
    const refused = await outcomeOf(verifier, await world.request({ htm: 'PUT' }))
    expect(refused.challenge).toContain(where)
  })

  it('CNF-07: the hint of enforced methods is one quoted parameter, and off by default', async () => {
    const hinting = world.verifier({ hintConfirmationMethods: true })
    const hinted = await outcomeOf(hinting, new Request(API))
    expect(hinted.challenge).toBe('DPoP algs="ES256", supported_cnf_methods="dpop mtls tls_exp"')
    const silent = await outcomeOf(world.verifier(), new Request(API))
    expect(silent.challenge).toBe('DPoP algs="ES256"')
  })

  it.each([
    'http://api.test',
    'https://api.test#x',
    'https://api.test?x',
    'api',
    'https://api.test/"',
  ])('RFC 9728 1.2: %s identifies no resource', (resource) => {
    expect(() => world.verifier({ resource })).toThrow(TypeError)
  })
})
