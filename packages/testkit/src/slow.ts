/**
 * Puts a turn of the event loop, of a length that differs, before and after every call of a store:
 * races that a friendly in-memory store hides come out.
 */
export function slow<Store extends object>(store: Store): Store {
  let turn = 0
  const pause = async (): Promise<void> => {
    turn = (turn * 7 + 3) % 11
    await new Promise((resolve) => setTimeout(resolve, turn))
  }
  return new Proxy(store, {
    get: (target, name, receiver) => {
      const member: unknown = Reflect.get(target, name, receiver)
      if (typeof member !== 'function') return member
      return async (...values: readonly unknown[]) => {
        await pause()
        const result: unknown = await Reflect.apply(member, target, values)
        await pause()
        return result
      }
    },
  })
}
