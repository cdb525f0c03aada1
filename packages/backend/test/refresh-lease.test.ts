import { memorySessionStore, storedSessions, type SessionStore } from '@tmb-kit/backend'
import { testClock } from '@tmb-kit/testkit'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { deploy, SECRET, type Deployment } from './support/deployment.js'
import { until } from './support/login.js'
import { createTestBrowser, type TestBrowser } from './support/test-browser.js'

const LEASE_SECONDS = 4
const GRACE_SECONDS = 3

interface Gate {
  readonly opened: Promise<void>
  open(): void
}

function createGate(): Gate {
  let open: () => void = () => undefined
  const opened = new Promise<void>((resolve) => {
    open = resolve
  })
  return { opened, open: () => open() }
}

/** A process's way to the store: watched, held up, or cut. */
interface Way {
  readonly store: SessionStore
  readonly leases: string[]
  renewals: number
  isCut: boolean
  beforeFind: (() => Promise<void>) | undefined
}

function wayTo(inner: SessionStore): Way {
  const way: Way = {
    leases: [],
    renewals: 0,
    isCut: false,
    beforeFind: undefined,
    store: {
      ...inner,
      find: async (id) => {
        await way.beforeFind?.()
        return inner.find(id)
      },
      acquireLease: async (...lease) => {
        const answer = await inner.acquireLease(...lease)
        way.leases.push(answer)
        return answer
      },
      renewLease: async (...lease) => {
        way.renewals += 1
        if (way.isCut) throw new Error('cut off')
        return inner.renewLease(...lease)
      },
    },
  }
  return way
}

interface TwoProcesses extends Deployment {
  readonly one: Way
  readonly other: Way
  readonly inOther: TestBrowser
  readonly refreshes: () => number
  /** Lets time pass, for the store and for both processes. */
  readonly pass: (seconds: number) => Promise<void>
}

async function deployTwice(): Promise<TwoProcesses> {
  const clock = testClock()
  const inner = memorySessionStore({ clock })
  const [one, other] = [wayTo(inner), wayTo(inner)]
  const sessionsOf = ({ store }: Way) => storedSessions({ store, secrets: [SECRET] })
  const deployment = await deploy({ sessions: sessionsOf(one) }, clock)
  await deployment.signIn()
  const app = deployment.restart({ sessions: sessionsOf(other) })
  const inOther = createTestBrowser(app, deployment.browser.jar)
  // It knows the metadata before anything is watched.
  await deployment.token({}, inOther)
  return {
    ...deployment,
    one,
    other,
    inOther,
    refreshes: () =>
      deployment.server
        .formsTo('/token')
        .filter((form) => form.get('grant_type') === 'refresh_token').length,
    pass: async (seconds) => {
      clock.advance(seconds)
      await vi.advanceTimersByTimeAsync(seconds * 1000)
    },
  }
}

/** The next refresh arrives at the authorization server, and is held there. Those after it are not. */
function holdNextRefresh({ server }: Deployment): Gate {
  const gate = createGate()
  let isFirst = true
  server.behaviour.answer['/token'] = async () => {
    const isHeld = isFirst
    isFirst = false
    if (isHeld) await gate.opened
    return undefined
  }
  return gate
}

// Time passes when the test says so: no race here is one against the machine.
beforeEach(() => {
  const toFake = [
    'setTimeout',
    'clearTimeout',
    'setInterval',
    'clearInterval',
    'performance',
  ] as const
  vi.useFakeTimers({ toFake: [...toFake] })
})
afterEach(() => {
  vi.useRealTimers()
})

it('CC-15: a lease lives on for as long as the call takes, and nobody takes it over', async () => {
  const two = await deployTwice()
  const gate = holdNextRefresh(two)
  const answer = two.token({ refresh: true })
  await until(() => two.refreshes() === 1)
  const waiting = two.token({ refresh: true }, two.inOther)
  await until(() => two.other.leases.includes('held'))
  for (let second = 0; second < 3 * LEASE_SECONDS; second += 1) {
    const before = two.one.renewals
    await two.pass(1)
    await until(() => two.one.renewals > before)
  }
  expect(new Set(two.other.leases)).toEqual(new Set(['held']))
  gate.open()
  await until(() => two.one.leases.length === 1)
  expect([200, 503]).toContain((await answer).status)
  await two.pass(1)
  expect([200, 503]).toContain((await waiting).status)
  expect((await two.token({}, two.inOther)).status).toBe(200)
  expect(two.refreshes()).toBe(1)
})

it('CC-15: after a crash another process refreshes within seven seconds', async () => {
  const two = await deployTwice()
  holdNextRefresh(two)
  two.one.isCut = true
  void two.token({ refresh: true }).catch(() => undefined)
  await until(() => two.refreshes() === 1)

  await two.pass(LEASE_SECONDS)
  const answer = two.token({ refresh: true }, two.inOther)
  await until(() => two.other.leases.includes('taken_over'))
  expect(two.refreshes()).toBe(1)
  await two.pass(GRACE_SECONDS)
  await two.pass(1)
  await until(() => two.refreshes() === 2)
  expect((await answer).status).toBe(200)
})

it('CC-15: a holder that was only cut off writes what it got, and nobody presents its token', async () => {
  const two = await deployTwice()
  const gate = holdNextRefresh(two)
  two.one.isCut = true
  const answer = two.token({ refresh: true })
  await until(() => two.refreshes() === 1)
  await two.pass(LEASE_SECONDS)
  const late = two.token({ refresh: true }, two.inOther)
  await until(() => two.other.leases.includes('taken_over'))
  await two.pass(GRACE_SECONDS - 1)
  expect(two.refreshes()).toBe(1)

  gate.open()
  const issued = (await (await answer).json()) as { readonly access_token: string }
  await vi.advanceTimersByTimeAsync(100)
  expect(await (await late).json()).toMatchObject({ access_token: issued.access_token })
  expect(two.refreshes()).toBe(1)
})

it('CC-15: a process that froze before it sent anything sends nothing', async () => {
  const two = await deployTwice()
  // Held up at both looks that it takes once it has the lease; a store may take five seconds each time.
  const gates = [createGate(), createGate()]
  const waiting = [...gates]
  two.one.beforeFind = async () => (two.one.leases.length > 0 ? waiting.shift()?.opened : undefined)
  const answer = two.token({ refresh: true })
  await until(() => waiting.length === 1)
  two.one.isCut = true
  await two.pass(LEASE_SECONDS + 0.5)
  const taken = two.token({ refresh: true }, two.inOther)
  await until(() => two.other.leases.includes('taken_over'))
  gates[0]?.open()
  await until(() => waiting.length === 0)
  await two.pass(GRACE_SECONDS)
  await two.pass(1)
  expect((await taken).status).toBe(200)
  expect(two.refreshes()).toBe(1)

  two.one.isCut = false
  gates[1]?.open()
  await until(() => two.one.renewals > 0)
  await two.pass(1)
  expect([200, 503]).toContain((await answer).status)
  expect((await two.token()).status).toBe(200)
  expect(two.refreshes()).toBe(1)
})

it('CC-15: a lease that ran out, and that nobody took, is still good once the store says so', async () => {
  const two = await deployTwice()
  const gate = createGate()
  const waiting = [gate]
  two.one.beforeFind = async () => (two.one.leases.length > 0 ? waiting.shift()?.opened : undefined)
  const answer = two.token({ refresh: true })
  await until(() => waiting.length === 0)
  two.one.isCut = true
  await two.pass(LEASE_SECONDS + 0.5)
  two.one.isCut = false
  gate.open()
  expect((await answer).status).toBe(200)
  expect(two.one.leases).toEqual(['acquired'])
  expect(two.refreshes()).toBe(1)
})
