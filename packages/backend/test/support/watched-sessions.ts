import type { SessionStrategy } from '@tmb-kit/backend'

/** The same sessions, and how many requests have asked them to refresh. */
export interface WatchedSessions {
  readonly sessions: SessionStrategy
  readonly refreshCalls: () => number
}

export function watchSessions(strategy: SessionStrategy): WatchedSessions {
  let refreshCalls = 0
  return {
    refreshCalls: () => refreshCalls,
    sessions: {
      create: (environment) => {
        const sessions = strategy.create(environment)
        return {
          ...sessions,
          open: async (value) => {
            const open = await sessions.open(value)
            if (open === undefined) return undefined
            return {
              ...open,
              refresh: async (...call) => {
                refreshCalls += 1
                return open.refresh(...call)
              },
            }
          },
        }
      },
    },
  }
}
