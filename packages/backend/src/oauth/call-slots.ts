import { AuthorizationServerError } from './authorization-server-error.js'

/** A place among the calls that are under way. */
export interface CallSlot {
  /** Resolves when there is room. */
  readonly granted: Promise<void>
  /** Makes room for the next; once is enough, and it may come before there was room. */
  giveBack(): void
}

const MAX_CALLS = 100
const MAX_WAITING = 1000

/**
 * Places for calls: so many at a time, first come, first served, and a queue that ends.
 *
 * A slow authorization server would otherwise get, from every instance, as many calls at once as
 * there are users.
 */
export function createCallSlots(): { take(): CallSlot } {
  const waiting = new Set<() => void>()
  let underWay = 0

  const next = (): void => {
    underWay -= 1
    const [grant] = waiting
    if (grant === undefined) return

    waiting.delete(grant)
    grant()
  }

  return {
    take: () => {
      if (underWay >= MAX_CALLS && waiting.size >= MAX_WAITING) {
        throw new AuthorizationServerError('unavailable')
      }

      let grant: () => void = () => undefined
      const granted = new Promise<void>((resolve) => {
        grant = () => {
          underWay += 1
          resolve()
        }
      })
      if (underWay < MAX_CALLS) grant()
      else waiting.add(grant)
      let isOver = false
      return {
        granted,
        giveBack: () => {
          if (isOver) return

          isOver = true
          if (!waiting.delete(grant)) next()
        },
      }
    },
  }
}
