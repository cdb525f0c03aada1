import 'fake-indexeddb/auto'
import { IDBFactory } from 'fake-indexeddb'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { API, startWorld, type World, type WorldOptions } from './support/world.js'

/** oidc-provider reads the clock of the process, so that is the one that is set. */
const START = Date.UTC(2027, 0, 15, 8)

let world: World

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: START })
  globalThis.indexedDB = new IDBFactory()
})

afterEach(async () => {
  await world.close()
  vi.useRealTimers()
})

const MODES: Readonly<Record<string, NonNullable<WorldOptions['backend']>>> = {
  'BR-29: mode handoff': { mode: 'handoff' },
  'SES-18: proofs for the backend': { proofOfPossession: 'required' },
  'BR-29, SES-18: both at once': { mode: 'handoff', proofOfPossession: 'required' },
}

describe('all four roles in one process, in the other modes', () => {
  it.each(Object.entries(MODES))('%s: signs in, calls, renews, signs out', async (_, backend) => {
    world = await startWorld({ backend })
    const { page, signIn } = world
    expect(await page.tmb.session()).toEqual({ kind: 'none' })
    expect((await signIn()).href).toBe('https://app.test/')
    const session = await page.tmb.session()
    expect(session).toMatchObject({ kind: 'active', claims: { sub: 'alice' } })
    const jkt = session.kind === 'active' ? session.jkt : ''

    const answer = await page.tmb.fetch(`${API}/orders`)
    expect(await answer.json()).toEqual({ for: 'alice', boundTo: jkt })
    await page.tmb.renew()
    vi.setSystemTime(Date.now() + 301_000)
    expect((await page.tmb.fetch(`${API}/orders`)).status).toBe(200)

    const signedOutAt = await page.navigateBy(async () => page.tmb.logout())
    expect(signedOutAt.pathname).toBe('/session/end')
  })
})
