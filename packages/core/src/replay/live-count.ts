/** Counts what has not expired, without looking at it one by one. */
export interface LiveCount {
  add(expiresAt: number): void
  /** How many were added whose expiry has not passed. */
  at(now: number): number
}

/** One number for each second in which something expires: as many as proofs have seconds to live. */
export function createLiveCount(): LiveCount {
  const countOfSecond = new Map<number, number>()
  let total = 0
  let countedAt = Number.NEGATIVE_INFINITY

  return {
    add: (expiresAt) => {
      const second = Math.ceil(expiresAt)
      if (second < countedAt) return

      countOfSecond.set(second, (countOfSecond.get(second) ?? 0) + 1)
      total += 1
    },
    at: (now) => {
      if (now <= countedAt) return total

      countedAt = now
      for (const [second, count] of countOfSecond) {
        if (second >= now) continue

        countOfSecond.delete(second)
        total -= count
      }
      return total
    },
  }
}
