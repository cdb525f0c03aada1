import type { Redis } from 'ioredis'
import type { Adapter } from './memory-adapter.js'

type Payload = Readonly<Record<string, unknown>>

/** oidc-provider's storage port on Redis, written as most would write it: it reads, and then writes. */
export function redisAdapter(redis: Redis): (model: string) => Adapter {
  const read = async (name: string): Promise<Record<string, unknown> | undefined> => {
    const text = await redis.get(name)
    return text === null ? undefined : (JSON.parse(text) as Record<string, unknown>)
  }

  return (model) => {
    const nameOf = (id: string): string => `oidc:${model}:${id}`
    return {
      upsert: async (id, payload: Payload) => {
        await redis.set(nameOf(id), JSON.stringify(payload))
        const { uid, grantId } = payload
        if (typeof uid === 'string') await redis.set(`oidc:${model}:uid:${uid}`, id)
        if (typeof grantId === 'string') await redis.sadd(`oidc:grant:${grantId}`, nameOf(id))
      },
      find: async (id) => read(nameOf(id)),
      findByUid: async (uid) => {
        const id = await redis.get(`oidc:${model}:uid:${uid}`)
        return id === null ? undefined : read(nameOf(id))
      },
      consume: async (id) => {
        const payload = await read(nameOf(id))
        await redis.set(nameOf(id), JSON.stringify({ ...payload, consumed: 1 }))
      },
      destroy: async (id) => {
        await redis.del(nameOf(id))
      },
      revokeByGrantId: async (grantId) => {
        const names = await redis.smembers(`oidc:grant:${grantId}`)
        if (names.length > 0) await redis.del(...names)
      },
    }
  }
}
