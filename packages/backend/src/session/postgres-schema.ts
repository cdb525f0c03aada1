import type { PostgresPool } from './postgres-session-store.js'

/** What instances that start together take turns by. Any number would do. */
const TURN = 7_236_504_112

/**
 * The tables of `postgresSessionStore`, as SQL for `psql` or a tool for migrations. It can be run
 * again at any time, and by several instances at once.
 */
export const POSTGRES_SESSION_SCHEMA = `
SELECT pg_advisory_xact_lock(${TURN});
CREATE TABLE IF NOT EXISTS tmb_sessions (
  id text PRIMARY KEY,
  version integer NOT NULL,
  sealed text NOT NULL,
  labels text[] NOT NULL,
  expires_at double precision NOT NULL,
  lease_holder text,
  lease_until timestamptz
);
ALTER TABLE tmb_sessions ADD COLUMN IF NOT EXISTS sealed_tokens text;
ALTER TABLE tmb_sessions ADD COLUMN IF NOT EXISTS tokens_expire_at double precision;
CREATE INDEX IF NOT EXISTS tmb_sessions_labels ON tmb_sessions USING gin (labels);
CREATE INDEX IF NOT EXISTS tmb_sessions_expires_at ON tmb_sessions (expires_at);
CREATE TABLE IF NOT EXISTS tmb_session_marks (
  name text PRIMARY KEY,
  expires_at double precision NOT NULL
);
`

/**
 * Makes the tables, and what an earlier release's tables lack, where that is not there yet. An account that may not make tables needs no
 * right to, once somebody else has made them.
 *
 * @param pool Its `search_path` says in which schema.
 */
export async function createPostgresSessionSchema(pool: PostgresPool): Promise<void> {
  const { rows } = await pool.query(
    `SELECT to_regclass('tmb_session_marks') IS NOT NULL AND EXISTS (
      SELECT FROM pg_attribute
      WHERE attrelid = to_regclass('tmb_sessions') AND attname = 'tokens_expire_at'
    ) AS made`,
  )
  // One call, hence one transaction: either all of it is there afterwards, or nothing.
  if (rows[0]?.['made'] !== true) await pool.query(POSTGRES_SESSION_SCHEMA)
}
