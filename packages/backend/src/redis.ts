export {
  redisSessionStore,
  type RedisCommands,
  type RedisSessionStoreOptions,
} from './session/redis-session-store.js'
