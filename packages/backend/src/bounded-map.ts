/** A map that forgets: each entry at its time, and the oldest when there are too many. */
export interface BoundedMap<Value> {
  get(name: string, now: number): Value | undefined
  /** @param expiresAt NumericDate from which on the entry is gone. */
  set(name: string, value: Value, expiresAt: number): void
  delete(name: string): void
}

/** @param maxEntries How much memory it may take at most. */
export function createBoundedMap<Value>(maxEntries: number): BoundedMap<Value> {
  const entries = new Map<string, { readonly value: Value; readonly expiresAt: number }>()

  return {
    get: (name, now) => {
      const entry = entries.get(name)
      if (entry === undefined || entry.expiresAt > now) return entry?.value

      entries.delete(name)
      return undefined
    },
    set: (name, value, expiresAt) => {
      // A renewed entry moves to the end: the first one is then the one not touched for longest.
      entries.delete(name)
      entries.set(name, { value, expiresAt })
      const [oldest] = entries.keys()
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
    },
    delete: (name) => void entries.delete(name),
  }
}
