/** @throws {TypeError} when options hold a name that nobody reads: most often a misspelled one. */
export function assertKnownOptions(
  owner: string,
  options: unknown,
  known: readonly string[],
): asserts options is object {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${owner}: give an object with its options`)
  }
  const unknown = Object.keys(options).find((name) => !known.includes(name))
  if (unknown !== undefined) {
    throw new TypeError(
      `${owner}: unknown option ${unknown}, remove it; known: ${known.join(', ')}`,
    )
  }
}

/** @throws {TypeError} */
export function assertPositiveSeconds(name: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 1) {
    throw new TypeError(`${name} must be a whole number of seconds, 1 or more`)
  }
}
