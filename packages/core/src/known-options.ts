/**
 * Refuses options that nobody reads: a mistyped one would leave its default in force, in silence.
 *
 * @internal
 * @throws {TypeError} with the name of the first one.
 */
export function assertKnownOptions(owner: string, options: object, known: readonly string[]): void {
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) throw new TypeError(`${unknown} is not an option of ${owner}`)
}
