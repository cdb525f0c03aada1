export { redisRateCounter, type RedisRateCounterOptions } from './rate-limit/redis-rate-counter.js'
export {
  redisSessionStore,
  type RedisCommands,
  type RedisSessionStoreOptions,
} from './session/redis-session-store.js'
