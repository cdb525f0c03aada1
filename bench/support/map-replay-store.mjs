/** What one writes in five minutes: each identifier with its expiry, and all of them looked at when it is time. */
export function mapReplayStore() {
  const expiries = new Map()
  let sweptAt = 0

  return {
    claim: async (jkt, jti, expiresAt) => {
      const now = Math.floor(Date.now() / 1000)
      if (now - sweptAt >= 10) {
        sweptAt = now
        for (const [name, expiry] of expiries) if (expiry < now) expiries.delete(name)
      }
      const name = `${jkt} ${jti}`
      if (expiries.has(name)) return false

      expiries.set(name, expiresAt)
      return true
    },
  }
}
