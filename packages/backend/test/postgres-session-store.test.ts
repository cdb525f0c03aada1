import { storedSessions, type SessionStore } from '@tmb-kit/backend'
import {
  createPostgresSessionSchema,
  POSTGRES_SESSION_SCHEMA,
  postgresSessionStore,
} from '@tmb-kit/backend/postgres'
import { sessionStoreContract } from '@tmb-kit/backend/testing'
import { slow, testClock } from '@tmb-kit/testkit'
import type { Pool } from 'pg'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { deploy, SECRET } from './support/deployment.js'
import { errorOf } from './support/login.js'
import { hasPostgres, startPostgres, type PostgresServer } from './support/postgres-server.js'

describe.runIf(hasPostgres())('postgresSessionStore on a real Postgres', () => {
  let server: PostgresServer
  let pool: Pool
  beforeAll(async () => {
    server = await startPostgres()
    pool = server.connect()
    await createPostgresSessionSchema(pool)
  })
  afterAll(async () => server.dispose())
  beforeEach(async () => {
    await pool.query('TRUNCATE tmb_sessions, tmb_session_marks')
  })

  const createStore = () => {
    const clock = testClock()
    return { clock, store: postgresSessionStore({ pool, clock }), row: rowAt(clock()) }
  }
  const rowAt = (now: number) => ({
    id: 'row-1',
    version: 1,
    sealed: 'sealed-1',
    labels: ['user', 'key'],
    expiresAt: now + 1000,
  })
  const countRows = async (table: string): Promise<number> =>
    (await pool.query(`SELECT 1 FROM ${table}`)).rows.length

  const wraps: readonly (readonly [string, (store: SessionStore) => SessionStore])[] = [
    ['postgres', (store) => store],
    ['postgres, slow', (store) => slow(store)],
  ]
  for (const [kind, wrap] of wraps) {
    const cases = sessionStoreContract(async () => {
      const { store, clock } = createStore()
      const advance = async (seconds: number): Promise<void> => {
        clock.advance(seconds)
        // Leases end by the clock of the database.
        await pool.query(
          'UPDATE tmb_sessions SET lease_until = lease_until - make_interval(secs => $1)',
          [seconds],
        )
      }
      return { store: wrap(store), now: clock, advance }
    })
    it.each(cases)(`${kind}: $name`, async ({ run }) => {
      await expect(run()).resolves.toBeUndefined()
    })
  }

  it('the schema can be made again, and by ten instances at once', async () => {
    const { store, row } = createStore()
    await store.insert(row)
    await pool.query('CREATE SCHEMA other')
    const others = Array.from({ length: 10 }, () =>
      server.connect({ max: 1, options: '-c search_path=other' }),
    )
    const made = others.map(async (other) => {
      await createPostgresSessionSchema(other)
      await other.query(POSTGRES_SESSION_SCHEMA)
    })
    await expect(Promise.all(made)).resolves.toHaveLength(10)
    await pool.query(POSTGRES_SESSION_SCHEMA)
    expect(await store.find(row.id)).toEqual(row)
    expect(await postgresSessionStore({ pool: others[0]! }).find(row.id)).toBeUndefined()
  })

  it('the tables of an earlier release get what they lack, and keep their rows', async () => {
    await pool.query('CREATE SCHEMA earlier')
    const earlier = server.connect({ max: 1, options: '-c search_path=earlier' })
    const [before = ''] = POSTGRES_SESSION_SCHEMA.split('ALTER TABLE')
    await earlier.query(before)
    await earlier.query(`CREATE TABLE tmb_session_marks (
      name text PRIMARY KEY, expires_at double precision NOT NULL)`)
    const clock = testClock()
    const row = rowAt(clock())
    await earlier.query(
      `INSERT INTO tmb_sessions (id, version, sealed, labels, expires_at)
        VALUES ($1, $2, $3, $4, $5)`,
      [row.id, row.version, row.sealed, row.labels, row.expiresAt],
    )
    await createPostgresSessionSchema(earlier)
    const store = postgresSessionStore({ pool: earlier, clock })
    expect(await store.find(row.id)).toEqual(row)
    const tokens = { sealed: 'tokens-1', expiresAt: clock() + 300 }
    expect(await store.replace({ ...row, version: 2, tokens })).toBe(true)
    expect(await store.find(row.id)).toEqual({ ...row, version: 2, tokens })
  })

  it('an account that may only read and write needs nothing more', async () => {
    await pool.query(`CREATE ROLE writer LOGIN;
      GRANT SELECT, INSERT, UPDATE, DELETE ON tmb_sessions, tmb_session_marks TO writer`)
    const writer = server.connect({ connectionString: server.url.replace('tmb@', 'writer@') })
    await expect(writer.query('CREATE TABLE other (id text)')).rejects.toThrow(/denied/)
    await createPostgresSessionSchema(writer)
    const store = postgresSessionStore({ pool: writer, clock: testClock() })
    const row = rowAt(testClock()())
    await store.insert(row)
    expect(await store.replace({ ...row, version: 2 })).toBe(true)
    expect(await store.acquireLease(row.id, 'holder', 60)).toBe('acquired')
    expect(await store.renewLease(row.id, 'holder', 60)).toBe(true)
    expect(await store.delete(row.id)).toBe(true)
  })

  it('removeExpired deletes what is over, and nothing else', async () => {
    const { store, row, clock } = createStore()
    await store.insert(row)
    await store.insert({ ...row, id: 'row-2', expiresAt: clock() + 10 })
    await store.mark('short', clock() + 10)
    await store.mark('long', clock() + 100)
    expect(await store.removeExpired()).toBe(0)
    clock.advance(10)
    expect(await countRows('tmb_sessions')).toBe(2)
    expect(await store.removeExpired()).toBe(1)
    expect(await store.find(row.id)).toEqual(row)
    expect(await countRows('tmb_sessions')).toBe(1)
    expect(await countRows('tmb_session_marks')).toBe(1)
    expect(await store.isMarked('long')).toBe(true)
  })

  it('values are values, whatever they look like', async () => {
    const { store, row } = createStore()
    const odd = `'; DROP TABLE tmb_sessions; -- $1 {"a","b"} \\`
    const strange = { ...row, id: odd, sealed: odd, labels: [odd, ''] }
    await store.insert(strange)
    await store.insert(row)
    expect(await store.find(odd)).toEqual(strange)
    expect(await store.findByLabel(odd)).toEqual([strange])
    expect(await store.mark(odd, row.expiresAt)).toBe(true)
    expect(await store.acquireLease(odd, odd, 60)).toBe('acquired')
    expect(await store.delete(odd)).toBe(true)
    expect(await store.find(row.id)).toEqual(row)
  })

  it('LO-06: sessions are found by an index', async () => {
    const client = await pool.connect()
    await client.query('SET enable_seqscan = off')
    const plan = await client.query<Record<string, string>>(
      "EXPLAIN SELECT id FROM tmb_sessions WHERE labels @> ARRAY['user'] AND expires_at > 0",
    )
    client.release(true)
    expect(JSON.stringify(plan.rows)).toContain('tmb_sessions_labels')
  })

  it('the whole flow: sign in, refresh, list, sign out', async () => {
    const clock = testClock()
    const store = postgresSessionStore({ pool, clock })
    const sessions = storedSessions({ store, secrets: [SECRET] })
    const {
      signIn,
      token,
      browser,
      server: authorizationServer,
    } = await deploy({ sessions }, clock)
    expect(errorOf(await signIn())).toBeUndefined()
    clock.advance(300)
    expect((await token()).status).toBe(200)
    expect(await sessions.list({ subject: 'user-1' })).toHaveLength(1)
    const stored = JSON.stringify((await pool.query('SELECT * FROM tmb_sessions')).rows)
    for (const secret of [...authorizationServer.secrets, browser.jar.get('__Host-Http-tmb')!]) {
      expect(stored).not.toContain(secret)
    }
    await browser.post('/bff/logout', {})
    expect(await countRows('tmb_sessions')).toBe(0)
    expect((await token()).status).toBe(401)
  })

  it('while Postgres is away every method rejects, and afterwards it goes on', async () => {
    const { store, row } = createStore()
    await store.insert(row)
    await server.stop()
    const calls = [
      store.insert({ ...row, id: 'row-2' }),
      store.find(row.id),
      store.replace({ ...row, version: 2 }),
      store.delete(row.id),
      store.findByLabel('user'),
      store.acquireLease(row.id, 'holder', 60),
      store.renewLease(row.id, 'holder', 60),
      store.releaseLease(row.id, 'holder'),
      store.isMarked('name'),
      store.mark('name', row.expiresAt),
      store.removeExpired(),
    ]
    for (const { status } of await Promise.allSettled(calls)) expect(status).toBe('rejected')
    await server.start()
    expect(await store.find(row.id)).toEqual(row)
  })
})
