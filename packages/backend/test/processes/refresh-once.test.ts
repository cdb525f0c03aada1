import { createPostgresSessionSchema } from '@tmb-kit/backend/postgres'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import {
  prepareBackend,
  type BackendProcess,
  type StartBackend,
} from '../support/backend-process.js'
import { hasPostgres, startPostgres } from '../support/postgres-server.js'
import { hasRedis, startRedis } from '@tmb-kit/testkit/redis-server'
import {
  startRotatingAuthorizationServer,
  type RotatingAuthorizationServer,
} from '../support/rotating-authorization-server.js'
import { signInAt } from '../support/sign-in-process.js'

const ROUNDS = 20
const CALLS = 50

interface StoreServer {
  readonly url: string
  dispose(): Promise<void>
}

// A busy machine makes every process slow: only a very long time says that something hangs.
vi.setConfig({ testTimeout: 240_000 })

const stores = [
  { name: 'Redis', isThere: hasRedis(), start: startRedis as () => Promise<StoreServer> },
  {
    name: 'Postgres',
    isThere: hasPostgres(),
    start: async (): Promise<StoreServer> => {
      const server = await startPostgres()
      await createPostgresSessionSchema(server.connect())
      return server
    },
  },
]

for (const { name, isThere, start } of stores) {
  describe.runIf(isThere)(`two processes that share ${name}`, () => {
    let store: StoreServer
    let authorizationServer: RotatingAuthorizationServer
    let startBackend: StartBackend
    const processes: BackendProcess[] = []
    beforeAll(async () => {
      store = await start()
      authorizationServer = await startRotatingAuthorizationServer()
      const environment = { STORE_URL: store.url, ISSUER: authorizationServer.issuer }
      startBackend = await prepareBackend(environment, `refresh-once-${name}`)
    })
    afterEach(async () => {
      await Promise.all(processes.splice(0).map(async (process) => process.kill()))
    })
    afterAll(async () => {
      await authorizationServer.stop()
      await store.dispose()
    })

    it(`CC-15: ${CALLS} parallel calls after expiry refresh once, ${ROUNDS} times out of ${ROUNDS}`, async () => {
      processes.push(...(await Promise.all([startBackend(), startBackend()])))
      const user = await signInAt(processes[0]!, authorizationServer)
      for (let round = 1; round <= ROUNDS; round += 1) {
        await Promise.all(processes.map(async (process) => process.advance(300)))
        const calls = Array.from({ length: CALLS }, async (_none, index) =>
          user.token(processes[index % 2]!),
        )
        const answers = await Promise.all(calls)
        expect(answers.map(({ status }) => status)).toEqual(Array(CALLS).fill(200))
        const bodies = await Promise.all(answers.map(async (answer) => answer.text()))
        expect(new Set(bodies.map(accessTokenOf)).size).toBe(1)
        expect(user.grant).toMatchObject({ refreshes: round, revoked: false })
      }
      const session = await processes[1]!.browser(new Map(user.jar)).get('/bff/session')
      expect(await session.json()).toMatchObject({ active: true, jkt: user.jkt })
    })

    it('CC-15: parallel forced refreshes never present a refresh token twice', async () => {
      processes.push(...(await Promise.all([startBackend(), startBackend()])))
      const user = await signInAt(processes[0]!, authorizationServer)
      const calls = Array.from({ length: 20 }, async (_none, index) =>
        user.token(processes[index % 2]!, { refresh: true }),
      )
      const answers = await Promise.all(calls)
      expect(answers.map(({ status }) => status)).toEqual(Array(20).fill(200))
      expect(user.grant.revoked).toBe(false)
    })

    it('a logout in one process is one in the other', async () => {
      processes.push(...(await Promise.all([startBackend(), startBackend()])))
      const user = await signInAt(processes[0]!, authorizationServer)
      expect((await user.token(processes[1]!)).status).toBe(200)
      await processes[0]!.browser(new Map(user.jar)).post('/bff/logout', {})
      expect((await user.token(processes[1]!)).status).toBe(401)
    })
  })
}

function accessTokenOf(body: string): string {
  return (JSON.parse(body) as { readonly access_token: string }).access_token
}
