import type { SessionNews } from './session-news.js'

export interface RedisSessionNewsOptions {
  /** A connection of ioredis. */
  readonly redis: { publish(channel: string, message: string): Promise<number> }
  /** Another one, since a connection that listens does nothing else. It resubscribes by itself. */
  readonly subscriber: {
    subscribe(channel: string): Promise<unknown>
    on(event: 'message', listener: (channel: string, message: string) => void): unknown
  }
  /** Default: `tmb:session-ended`. */
  readonly channel?: string
}

/** Publishes in Redis, where each process listens. */
export function redisSessionNews(options: RedisSessionNewsOptions): SessionNews {
  const { redis, subscriber, channel = 'tmb:session-ended' } = options

  return {
    publish: async (session) => {
      await redis.publish(channel, session)
    },
    listen: (listener) => {
      subscriber.on('message', (from, session) => {
        if (from === channel) listener(session)
      })
      // Without Redis the store is still asked, only later.
      subscriber.subscribe(channel).catch(() => undefined)
    },
  }
}
