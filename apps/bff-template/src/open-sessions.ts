import { cookieSessions, storedSessions, type SessionStrategy } from '@tmb-kit/backend'
import { createPostgresSessionSchema, postgresSessionStore } from '@tmb-kit/backend/postgres'
import { redisSessionStore } from '@tmb-kit/backend/redis'
import { Redis } from 'ioredis'
import pg from 'pg'
import type { Configuration } from './configuration.js'
import { ConfigurationError } from './reading.js'

/** Where sessions live, from start to end. */
interface OpenSessions {
  readonly sessions: SessionStrategy
  /** What the operator should know of it. */
  readonly advice: string
  readonly close: () => Promise<void>
}

type StoreSettings = Pick<Configuration, 'postgresUrl' | 'redisUrl' | 'sessionSecrets'>

/** Below the 5 s that the backend waits for a store: a late answer is no use to anybody. */
const STORE_MILLISECONDS = 4000
const REMOVAL_MILLISECONDS = 60 * 60 * 1000

/**
 * Opens what the configuration says: Redis, Postgres, or cookies where it says nothing.
 *
 * @throws {@link ConfigurationError} when the server does not answer, or does not let us in.
 */
export async function openSessions(settings: StoreSettings): Promise<OpenSessions> {
  const { redisUrl, postgresUrl, sessionSecrets: secrets } = settings
  if (redisUrl !== undefined) return openRedis(redisUrl, secrets)
  if (postgresUrl !== undefined) return openPostgres(postgresUrl, secrets)

  return {
    sessions: cookieSessions({ secrets }),
    advice:
      'Sessions live in cookies. If your authorization server rotates refresh tokens, run one instance: several need stored sessions.',
    close: async () => undefined,
  }
}

async function openRedis(url: string, secrets: readonly string[]): Promise<OpenSessions> {
  const redis = new Redis(url, {
    lazyConnect: true,
    connectTimeout: STORE_MILLISECONDS,
    commandTimeout: STORE_MILLISECONDS,
    // A Redis that is away is answered with 503 at once, and nothing is sent late.
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (attempt) => Math.min(attempt * 100, 2000),
  })
  // It connects again by itself, and each call that failed is an event.
  redis.on('error', () => undefined)
  try {
    await redis.connect()
    await redis.ping()
  } catch {
    // The error could quote the URL, and the URL holds a password.
    throw new ConfigurationError([
      'REDIS_URL: the server does not answer, or does not take the user name and password.',
    ])
  }
  return {
    sessions: storedSessions({ store: redisSessionStore({ redis }), secrets }),
    advice: 'Sessions live in Redis: any number of instances can share it.',
    close: async () => redis.disconnect(),
  }
}

async function openPostgres(url: string, secrets: readonly string[]): Promise<OpenSessions> {
  const pool = new pg.Pool({
    connectionString: url,
    connectionTimeoutMillis: STORE_MILLISECONDS,
    query_timeout: STORE_MILLISECONDS,
  })
  // A connection that is lost while it is idle is replaced when it is needed.
  pool.on('error', () => undefined)
  try {
    await createPostgresSessionSchema(pool)
  } catch {
    // The error could quote the URL, and the URL holds a password.
    throw new ConfigurationError([
      'POSTGRES_URL: the database does not answer, does not let this user in, or does not let it make the tables of docs/deploy.md.',
    ])
  }
  const store = postgresSessionStore({ pool })
  const removal = setInterval(() => {
    // Nobody waits for it: what is left is removed the next time.
    store.removeExpired().catch(() => undefined)
  }, REMOVAL_MILLISECONDS)
  return {
    sessions: storedSessions({ store, secrets }),
    advice: 'Sessions live in Postgres: any number of instances can share it.',
    close: async () => {
      clearInterval(removal)
      await pool.end()
    },
  }
}
