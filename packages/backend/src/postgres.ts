export { createPostgresSessionSchema, POSTGRES_SESSION_SCHEMA } from './session/postgres-schema.js'
export {
  postgresSessionStore,
  type PostgresPool,
  type PostgresSessionStore,
  type PostgresSessionStoreOptions,
} from './session/postgres-session-store.js'
