/** A session as a store keeps it. Whoever steals it can neither read it nor find its user. */
export interface SessionRow {
  /** The hash of the identifier that the cookie holds. */
  readonly id: string
  /** Grows by one with every write. */
  readonly version: number
  /** Encrypted with a key that only the cookie holds. */
  readonly sealed: string
  /** Keyed hashes of the user, the `sid` and the jkt, to find the row by. */
  readonly labels: readonly string[]
  /** NumericDate from which on the row is gone. */
  readonly expiresAt: number
  /** The access tokens of the session, if there are any. A store may forget them at any time. */
  readonly tokens?: SealedTokens
}

/** Access tokens, apart from their session: they end after minutes, and take the most room. */
export interface SealedTokens {
  /** Encrypted with a key that only the cookie holds. */
  readonly sealed: string
  /** NumericDate from which on they are of no use to anybody. */
  readonly expiresAt: number
}

/**
 * How an attempt to take a lease ended. `taken_over`: it is the caller's now, and who had it before
 * let it run out without giving it back. That one has crashed, or is slow.
 */
export type LeaseAnswer = 'acquired' | 'held' | 'taken_over'

/**
 * Keeps sessions for all processes. Every method rejects when the store cannot answer: then the
 * request is answered 503, and nothing is taken for gone.
 */
export interface SessionStore {
  /** Adds a row whose id is new. */
  insert(row: SessionRow): Promise<void>
  /** @returns `undefined` for a row that is not there, or is over. */
  find(id: string): Promise<SessionRow | undefined>
  /**
   * Replaces the row if the stored one has the version before. Must be atomic: of two concurrent
   * calls with the same version exactly one resolves `true`, and after a `delete` none does.
   */
  replace(row: SessionRow): Promise<boolean>
  /** @returns whether there was such a row: of two concurrent calls one resolves `true`. */
  delete(id: string): Promise<boolean>
  /** Every living row with this label. */
  findByLabel(label: string): Promise<readonly SessionRow[]>
  /**
   * Takes the lease of a row, for at most this long. Must be atomic: while a holder has it, nobody
   * else gets it. That somebody let it run out must be remembered for a minute at least.
   */
  acquireLease(id: string, holder: string, lifetimeSeconds: number): Promise<LeaseAnswer>
  /**
   * Makes the lease last this long from now on. @returns false when it is somebody else's, or
   * nobody's. One that ran out and that nobody took over is still its holder's.
   */
  renewLease(id: string, holder: string, lifetimeSeconds: number): Promise<boolean>
  /** Gives the lease back, if this holder still has it. */
  releaseLease(id: string, holder: string): Promise<void>
  /** Whether a name was marked, and is still remembered. */
  isMarked(name: string): Promise<boolean>
  /**
   * Marks a name until a NumericDate. @returns whether it was new: of two concurrent calls one
   * resolves `true`.
   */
  mark(name: string, expiresAt: number): Promise<boolean>
}
