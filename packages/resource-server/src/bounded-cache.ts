/** A map that forgets what was put in first when it is full. */
export interface BoundedCache<Value> {
  get(name: string): Value | undefined
  set(name: string, value: Value): void
  delete(name: string): void
}

export function boundedCache<Value>(maxEntries: number): BoundedCache<Value> {
  const entries = new Map<string, Value>()
  // Goes on from where it stopped: a new one would step over everything forgotten before it, each time.
  let oldestFirst: Iterator<string> | undefined

  return {
    get: (name) => entries.get(name),
    set: (name, value) => {
      entries.delete(name)
      entries.set(name, value)
      if (entries.size <= maxEntries) return

      oldestFirst ??= entries.keys()
      const oldest = oldestFirst.next()
      if (oldest.done !== true) entries.delete(oldest.value)
    },
    delete: (name) => void entries.delete(name),
  }
}
