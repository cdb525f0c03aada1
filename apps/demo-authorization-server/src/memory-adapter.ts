/** oidc-provider's storage port, as far as this configuration uses it. */
export interface Adapter {
  upsert(id: string, payload: Payload, lifetimeSeconds?: number): Promise<void>
  find(id: string): Promise<Payload | undefined>
  findByUid(uid: string): Promise<Payload | undefined>
  findByUserCode(): Promise<undefined>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

type Payload = Readonly<Record<string, unknown>>

interface Entry {
  readonly payload: Payload
  /** Milliseconds, as `Date.now()` has them. */
  readonly expiresAt: number
}

const MAX_ENTRIES = 20_000

/**
 * Keeps everything in the memory of one demo, which forgets all when it stops. Bounded: the oldest
 * entries go first.
 */
export function memoryAdapter(): (model: string) => Adapter {
  const entries = new Map<string, Entry>()
  return (model) => adapterOf(entries, model)
}

function adapterOf(entries: Map<string, Entry>, model: string): Adapter {
  const keyOf = (id: string): string => `${model}:${id}`
  const live = (key: string): Entry | undefined => {
    const entry = entries.get(key)
    if (entry === undefined || entry.expiresAt > Date.now()) return entry
    entries.delete(key)
    return undefined
  }
  const keysWhere = (name: string, value: string): readonly string[] =>
    [...entries.keys()].filter(
      (key) => key.startsWith(`${model}:`) && live(key)?.payload[name] === value,
    )

  return {
    upsert: async (id, payload, lifetimeSeconds) => {
      const expiresAt = Date.now() + (lifetimeSeconds ?? Infinity) * 1000
      entries.delete(keyOf(id))
      entries.set(keyOf(id), { payload, expiresAt })
      for (const key of entries.keys()) {
        if (entries.size <= MAX_ENTRIES) break
        entries.delete(key)
      }
    },
    find: async (id) => live(keyOf(id))?.payload,
    findByUid: async (uid) => {
      const [key] = keysWhere('uid', uid)
      return key === undefined ? undefined : live(key)?.payload
    },
    findByUserCode: async () => undefined,
    consume: async (id) => {
      const entry = live(keyOf(id))
      if (entry === undefined) return
      const consumed = Math.floor(Date.now() / 1000)
      entries.set(keyOf(id), { ...entry, payload: { ...entry.payload, consumed } })
    },
    destroy: async (id) => void entries.delete(keyOf(id)),
    revokeByGrantId: async (grantId) => {
      for (const key of keysWhere('grantId', grantId)) entries.delete(key)
    },
  }
}
