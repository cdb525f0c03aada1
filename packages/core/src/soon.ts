/** A value that is here, or will be: a promise costs more than most checks. */
export type Soon<Value> = Value | Promise<Value>

/**
 * Whether a value has to be waited for.
 *
 * Asks for `then`, not for `Promise`: where a library put its own in place of that, the promises of async
 * functions are none of it, and to take one for its value would be to accept what nobody has judged.
 *
 * @internal
 */
export function isPromise<Value extends object>(value: Soon<Value>): value is Promise<Value> {
  return 'then' in value
}
