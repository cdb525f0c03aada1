/** The present as a NumericDate: whole seconds since 1970-01-01T00:00:00Z. */
export type Clock = () => number

/** The clock of the machine. */
export const systemClock: Clock = () => Math.floor(Date.now() / 1000)
