/** Tells the other processes that a session has ended. What gets lost, they find out by asking the store. */
export interface SessionNews {
  /** @param session Names the session, as in events. It opens nothing. */
  publish(session: string): Promise<void>
  /** Calls the listener from now on, for what other processes publish, or all do. */
  listen(listener: (session: string) => void): void
}
