/** oidc-provider's storage port, as far as these tests use it. */
export interface Adapter {
  upsert(id: string, payload: Record<string, unknown>): Promise<void>
  find(id: string): Promise<Record<string, unknown> | undefined>
  findByUid(uid: string): Promise<Record<string, unknown> | undefined>
  consume(id: string): Promise<void>
  destroy(id: string): Promise<void>
  revokeByGrantId(grantId: string): Promise<void>
}

/** Keeps everything, for one provider. Copies, as a database would. */
export function memoryAdapter(): (model: string) => Adapter {
  const stored = new Map<string, Record<string, unknown>>()
  const findWhere = (model: string, name: string, value: string) =>
    [...stored].filter(([id, payload]) => id.startsWith(`${model}:`) && payload[name] === value)

  return (model) => {
    const idOf = (id: string): string => `${model}:${id}`
    return {
      upsert: async (id, payload) => void stored.set(idOf(id), structuredClone(payload)),
      find: async (id) => structuredClone(stored.get(idOf(id))),
      findByUid: async (uid) => structuredClone(findWhere(model, 'uid', uid)[0]?.[1]),
      consume: async (id) => void (stored.get(idOf(id))!['consumed'] = 1),
      destroy: async (id) => void stored.delete(idOf(id)),
      revokeByGrantId: async (grantId) =>
        findWhere(model, 'grantId', grantId).forEach(([id]) => void stored.delete(id)),
    }
  }
}
