import { systemClock, type Clock } from '@tmb-kit/core'
import type { LeaseAnswer, SessionRow, SessionStore } from './session-store.js'

/** The one method that is used of a pool, or a client, of pg. */
export interface PostgresPool {
  query(text: string, values?: unknown[]): Promise<PostgresAnswer>
}

export interface PostgresAnswer {
  readonly rows: readonly Readonly<Record<string, unknown>>[]
  /** How many rows were written, or read. */
  readonly rowCount: number | null
}

export interface PostgresSessionStoreOptions {
  /**
   * A pool of pg. Give it a `connectionTimeoutMillis` and a `query_timeout`, and listen to its
   * `error`: a connection that is lost while it is idle would end the process.
   */
  readonly pool: PostgresPool
  readonly clock?: Clock
}

export interface PostgresSessionStore extends SessionStore {
  /** Deletes what is over: Postgres does not by itself. @returns how many sessions there were. */
  removeExpired(): Promise<number>
}

const COLUMNS = 'id, version, sealed, labels, expires_at, sealed_tokens, tokens_expire_at'

/**
 * Sessions in Postgres, for any number of instances. They are over by the caller's clock; leases end
 * by that of the database, which all instances share.
 *
 * Does not make its tables; see `createPostgresSessionSchema`. Does not delete what is over; see
 * `removeExpired`.
 */
export function postgresSessionStore(options: PostgresSessionStoreOptions): PostgresSessionStore {
  const { pool, clock = systemClock } = options
  const write = async (text: string, ...values: unknown[]): Promise<number> =>
    (await pool.query(text, values)).rowCount ?? 0
  const read = async (text: string, ...values: unknown[]): Promise<readonly SessionRow[]> =>
    (await pool.query(text, values)).rows.map((row) => toSessionRow(row, clock()))

  return {
    insert: async ({ id, version, sealed, labels, expiresAt, tokens }) => {
      const text = `INSERT INTO tmb_sessions (${COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)`
      await write(text, id, version, sealed, labels, expiresAt, tokens?.sealed, tokens?.expiresAt)
    },
    find: async (id) => {
      const text = `SELECT ${COLUMNS} FROM tmb_sessions WHERE id = $1 AND expires_at > $2`
      return (await read(text, id, clock()))[0]
    },
    replace: async ({ id, version, sealed, labels, expiresAt, tokens }) => {
      const text = `UPDATE tmb_sessions SET version = $2, sealed = $3, labels = $4, expires_at = $5,
          sealed_tokens = $6, tokens_expire_at = $7
        WHERE id = $1 AND version = $2 - 1 AND expires_at > $8`
      const values = [id, version, sealed, labels, expiresAt, tokens?.sealed, tokens?.expiresAt]
      return (await write(text, ...values, clock())) === 1
    },
    delete: async (id) => {
      const text = 'DELETE FROM tmb_sessions WHERE id = $1 AND expires_at > $2'
      return (await write(text, id, clock())) === 1
    },
    findByLabel: async (label) => {
      const text = `SELECT ${COLUMNS} FROM tmb_sessions WHERE labels @> ARRAY[$1] AND expires_at > $2`
      return read(text, label, clock())
    },
    acquireLease: async (id, holder, lifetimeSeconds) => {
      // Who had it before stands there until it is given back.
      const text = `WITH before AS (
          SELECT id, lease_holder FROM tmb_sessions WHERE id = $1 FOR UPDATE
        )
        UPDATE tmb_sessions AS session
        SET lease_holder = $2, lease_until = clock_timestamp() + make_interval(secs => $3)
        FROM before WHERE session.id = before.id
          AND (session.lease_until IS NULL OR session.lease_until <= clock_timestamp())
        RETURNING before.lease_holder IS NOT NULL AS taken_over`
      const { rows } = await pool.query(text, [id, holder, lifetimeSeconds])
      return toLeaseAnswer(rows[0]?.['taken_over'])
    },
    renewLease: async (id, holder, lifetimeSeconds) => {
      const text = `UPDATE tmb_sessions
        SET lease_until = clock_timestamp() + make_interval(secs => $3)
        WHERE id = $1 AND lease_holder = $2`
      return (await write(text, id, holder, lifetimeSeconds)) === 1
    },
    releaseLease: async (id, holder) => {
      const text = `UPDATE tmb_sessions SET lease_holder = NULL, lease_until = NULL
        WHERE id = $1 AND lease_holder = $2`
      await write(text, id, holder)
    },
    isMarked: async (name) => {
      const text = 'SELECT 1 FROM tmb_session_marks WHERE name = $1 AND expires_at > $2'
      return (await pool.query(text, [name, clock()])).rows.length === 1
    },
    mark: async (name, expiresAt) => {
      const text = `INSERT INTO tmb_session_marks AS marks (name, expires_at) VALUES ($1, $2)
        ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
        WHERE marks.expires_at <= $3`
      return (await write(text, name, expiresAt, clock())) === 1
    },
    removeExpired: async () => {
      await write('DELETE FROM tmb_session_marks WHERE expires_at <= $1', clock())
      return write('DELETE FROM tmb_sessions WHERE expires_at <= $1', clock())
    },
  }
}

function toSessionRow(row: Readonly<Record<string, unknown>>, now: number): SessionRow {
  const { id, version, sealed, labels, expires_at: expiresAt } = row
  const { sealed_tokens: sealedTokens, tokens_expire_at: tokensExpireAt } = row
  const isLiving = typeof tokensExpireAt === 'number' && tokensExpireAt > now
  const tokens = isLiving ? { tokens: { sealed: sealedTokens, expiresAt: tokensExpireAt } } : {}
  return { id, version, sealed, labels, expiresAt, ...tokens } as SessionRow
}

function toLeaseAnswer(takenOver: unknown): LeaseAnswer {
  if (takenOver === undefined) return 'held'
  return takenOver === true ? 'taken_over' : 'acquired'
}
