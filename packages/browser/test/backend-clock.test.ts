import { beforeEach, describe, expect, it } from 'vitest'
import { API, claimsOf, createWorld, type World } from './support/world.js'

let world: World
let machine: { seconds: number }
beforeEach(() => {
  world = createWorld()
  machine = { seconds: world.clock() }
})

/** Signs in on a machine whose clock is `machine`, and gives the `iat` of a call. */
async function iatOf(): Promise<number> {
  const { tmb } = await world.signIn({ clock: () => machine.seconds })
  await tmb.fetch(`${API}/orders`)
  return (await claimsOf(world.requests.at(-1)!)).iat
}

const dated = (seconds: number): Response =>
  Response.json({ active: false }, { headers: { Date: new Date(seconds * 1000).toUTCString() } })

describe('the backend’s clock', () => {
  it.each([-300, -59, -2, 0, 2, 59, 300, 86_400])(
    'BR-08: proofs follow it where this machine’s is %i s off',
    async (seconds) => {
      machine.seconds += seconds
      expect(await iatOf()).toBe(world.clock())
    },
  )

  it('BR-08: iat is whole seconds, with a clock that has fractions', async () => {
    machine.seconds += 0.75
    const iat = await iatOf()
    expect(Number.isInteger(iat)).toBe(true)
    expect(Math.abs(iat - world.clock())).toBeLessThanOrEqual(1)
  })

  it('an answer that took long moves a clock that is right by nothing', async () => {
    world.intercept('/bff/session', () => {
      const written = machine.seconds + 5
      machine.seconds += 30
      return dated(written)
    })
    const { tmb } = world.openTab({ clock: () => machine.seconds })
    await tmb.session()
    world.intercept('/bff/session', () => undefined)
    const before = machine.seconds
    world.clock.advance(machine.seconds - world.clock())
    expect(await iatOf()).toBe(before)
  })

  it('an answer that took long tells an interval, and the next one narrows it', async () => {
    // Five minutes ahead of the backend, with ten seconds on the way.
    let isSlow = true
    machine.seconds += 300
    world.intercept('/bff/session', () => {
      if (!isSlow) return undefined
      machine.seconds += 10
      world.clock.advance(10)
      isSlow = false
      return undefined
    })
    expect(Math.abs((await iatOf()) - world.clock())).toBeLessThanOrEqual(1)
  })

  it('a clock that somebody sets in the middle is followed by the next answer', async () => {
    const { tmb } = await world.signIn({ clock: () => machine.seconds })
    await tmb.fetch(`${API}/orders`)
    machine.seconds -= 3600
    await tmb.session()
    await tmb.fetch(`${API}/orders`)
    expect(await claimsOf(world.requests.at(-1)!)).toMatchObject({ iat: world.clock() })
  })

  it.each(['', 'yesterday', 'Thu, 99 Jan 2027 25:00:00 GMT'])(
    'a Date of %j teaches nothing',
    async (date) => {
      world.intercept('/bff/session', () =>
        Response.json({ active: false }, { headers: date === '' ? {} : { Date: date } }),
      )
      const { tmb } = world.openTab({ clock: () => machine.seconds })
      await tmb.session()
      world.intercept('/bff/session', () => undefined)
      expect(await iatOf()).toBe(machine.seconds)
    },
  )
})
