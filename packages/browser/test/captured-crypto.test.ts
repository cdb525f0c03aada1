import { createTmb } from '@tmb-kit/browser'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { API, APP, createWorld, proofOf, type World } from './support/world.js'

let world: World
beforeEach(() => {
  world = createWorld()
})
afterEach(() => {
  vi.restoreAllMocks()
  vi.unstubAllGlobals()
})

describe('what a script replaces after the object was made', () => {
  it('BR-33: fetch, subtle’s functions and randomUUID are the ones from before', async () => {
    vi.stubGlobal('fetch', world.fetch)
    const { clock } = world
    const tmb = createTmb({ resourceServers: [API], backendUrl: `${APP}/bff`, clock })
    await tmb.session()
    const tab = await world.signIn()
    await tab.tmb.session()

    const stolen = vi.fn()
    const prototype = Object.getPrototypeOf(crypto.subtle) as SubtleCrypto
    for (const name of ['sign', 'digest', 'exportKey', 'generateKey'] as const) {
      vi.spyOn(prototype, name).mockImplementation(stolen as never)
    }
    vi.spyOn(crypto, 'randomUUID').mockImplementation(stolen as never)
    vi.stubGlobal('fetch', stolen)
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    vi.restoreAllMocks()
    expect(stolen).not.toHaveBeenCalled()
    await proofOf(world.requests.at(-1)!)
  })

  it('BR-33: crypto itself may be replaced, too', async () => {
    const { tmb } = await world.signIn()
    const { crypto } = globalThis
    vi.stubGlobal('crypto', {})
    expect((await tmb.fetch(`${API}/orders`)).status).toBe(200)
    vi.stubGlobal('crypto', crypto)
    await proofOf(world.requests.at(-1)!)
  })
})
