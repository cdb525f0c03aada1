/** The way of some engines to say how much of a stack trace an error takes along. */
interface TracingError {
  stackTraceLimit?: number
}

/**
 * Lets errors be made without a stack trace until {@link resumeTraces}, which must follow at once.
 *
 * A refusal is a verdict, not a fault: where it was thrown says nothing that its code does not, and
 * finding that out costs more than most of what is refused. Engines that have no such limit, or do
 * not let it be set, take the trace all the same.
 */
export function pauseTraces(): number | undefined {
  const { stackTraceLimit } = Error as TracingError
  if (stackTraceLimit !== undefined) Reflect.set(Error, 'stackTraceLimit', 0)
  return stackTraceLimit
}

/** @param limit What {@link pauseTraces} answered. */
export function resumeTraces(limit: number | undefined): void {
  if (limit !== undefined) Reflect.set(Error, 'stackTraceLimit', limit)
}
