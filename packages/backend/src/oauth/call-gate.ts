import type { Clock } from '@tmb-kit/core'
import type { EventSink } from '../events.js'
import { AuthorizationServerError } from './authorization-server-error.js'
import { createCallSlots } from './call-slots.js'

/** What every call to the authorization server goes through. */
export interface CallGate {
  /**
   * Makes the call when it has a place among those that are under way, and unless the endpoint is
   * known to be down. To be given up at any time.
   *
   * @throws {AuthorizationServerError} `unavailable` - without a call.
   */
  enter(endpoint: string): CallPass
}

export interface CallPass {
  /** Resolves when the call may be made. */
  readonly granted: Promise<void>
  /** Ends the call, made or not. */
  leave(): void
  /** Tells how it went: only an endpoint that does not answer, or fails, counts as down. */
  report(isDown: boolean): void
}

/** So many calls in a row without an answer, and an endpoint counts as down. */
const FAILURES_TO_OPEN = 10

/** An endpoint that is down is tried this often, with one call. */
const PAUSE_SECONDS = 5

/** Endpoints come from the metadata: there are half a dozen. */
const MAX_ENDPOINTS = 32

interface Circuit {
  failures: number
  /** NumericDate of the latest failure, or trial. */
  triedAt: number
}

/**
 * A circuit breaker for each endpoint, and one limit for the calls under way to all of them.
 *
 * A call that is refused here has not been made, so it uses up no code and no refresh token, and
 * costs nobody a session. An endpoint that refuses requests, with any 4xx, is up. Each has a circuit
 * of its own: where revocation is broken, tokens still flow.
 */
export function createCallGate(options: {
  readonly clock: Clock
  readonly onEvent: EventSink
}): CallGate {
  const { clock, onEvent } = options
  const circuits = new Map<string, Circuit>()
  const slots = createCallSlots()

  const assertNotDown = (circuit: Circuit | undefined): void => {
    if (circuit === undefined || circuit.failures < FAILURES_TO_OPEN) return

    const waitSeconds = Math.ceil(circuit.triedAt + PAUSE_SECONDS - clock())
    if (waitSeconds > 0) {
      throw new AuthorizationServerError('unavailable', { retryAfterSeconds: waitSeconds })
    }
    // This call is the trial; the others go on being refused until it is over, or for a while.
    circuit.triedAt = clock()
  }
  const noteDown = (endpoint: string): void => {
    const { failures } = circuits.get(endpoint) ?? { failures: 0 }
    circuits.set(endpoint, { failures: failures + 1, triedAt: clock() })
    if (failures + 1 === FAILURES_TO_OPEN) onEvent({ type: 'circuit_opened', endpoint })
    const [oldest] = circuits.keys()
    if (circuits.size > MAX_ENDPOINTS && oldest !== undefined) circuits.delete(oldest)
  }
  const noteUp = (endpoint: string): void => {
    const { failures } = circuits.get(endpoint) ?? { failures: 0 }
    circuits.delete(endpoint)
    if (failures >= FAILURES_TO_OPEN) onEvent({ type: 'circuit_closed', endpoint })
  }

  return {
    enter: (url) => {
      const { origin, pathname } = new URL(url)
      const endpoint = `${origin}${pathname}`
      assertNotDown(circuits.get(endpoint))
      const slot = slots.take()
      let isMade = false
      return {
        granted: slot.granted.then(() => {
          isMade = true
        }),
        leave: slot.giveBack,
        report: (isDown) => {
          // Of a call that waited in vain nothing is known: those before it tell.
          if (!isMade) return
          if (isDown) noteDown(endpoint)
          else noteUp(endpoint)
        },
      }
    },
  }
}
