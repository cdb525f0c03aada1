/** A map that forgets what was put in first when it is full. */
export interface BoundedCache<Value> {
  get(name: string): Value | undefined
  set(name: string, value: Value): void
  delete(name: string): void
}

export function boundedCache<Value>(maxEntries: number): BoundedCache<Value> {
  const entries = new Map<string, Value>()

  return {
    get: (name) => entries.get(name),
    set: (name, value) => {
      entries.delete(name)
      entries.set(name, value)
      if (entries.size <= maxEntries) return

      const [oldest] = entries.keys()
      if (oldest !== undefined) entries.delete(oldest)
    },
    delete: (name) => void entries.delete(name),
  }
}
