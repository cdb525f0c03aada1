export { redisSessionNews, type RedisSessionNewsOptions } from './live/redis-session-news.js'
export { redisRateCounter, type RedisRateCounterOptions } from './rate-limit/redis-rate-counter.js'
export {
  redisSessionStore,
  type RedisCommands,
  type RedisSessionStoreOptions,
} from './session/redis-session-store.js'
