/** How often something has happened in its window. */
export interface RateCount {
  /** This time included. */
  readonly count: number
  /** Until the window ends. */
  readonly secondsLeft: number
}

/** Counts requests, for one process or for all. */
export interface RateCounter {
  /**
   * Counts one more under a name. A window begins with the first and ends this long after it. Of
   * concurrent calls each must get a count of its own.
   *
   * May reject: the request is then served, since a counter that is down must lock nobody out.
   */
  count(name: string, windowSeconds: number): Promise<RateCount>
}
