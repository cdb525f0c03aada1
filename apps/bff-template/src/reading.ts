/** The environment, as `process.env` has it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** What one variable says, or the sentence that tells the operator what to change. */
export type Reading<Value> = { readonly value: Value } | { readonly mistake: string }

type ValuesOf<Readings> = {
  readonly [Name in keyof Readings]: Readings[Name] extends Reading<infer Value> ? Value : never
}

/** The configuration is wrong. Holds one sentence for each mistake, and no value of any variable. */
export class ConfigurationError extends Error {
  override readonly name: string = 'ConfigurationError'
  readonly mistakes: readonly string[]

  constructor(mistakes: readonly string[]) {
    super(mistakes.join('\n'))
    this.mistakes = mistakes
  }
}

/** A variable without the white space around it; `undefined` where it is not set, or empty. */
export function textOf(env: Environment, name: string): string | undefined {
  const text = env[name]?.trim()
  return text === '' ? undefined : text
}

/** Reads a variable that may be left out. */
export function optional<Value>(
  env: Environment,
  name: string,
  parse: (text: string) => Reading<Value>,
): Reading<Value | undefined> {
  const text = textOf(env, name)
  if (text === undefined) return { value: undefined }

  const reading = parse(text)
  return 'mistake' in reading ? { mistake: `${name} ${reading.mistake}` } : reading
}

/** Reads a variable that must be set. `what` ends the sentence "NAME is not set: set it to …". */
export function required<Value>(
  env: Environment,
  name: string,
  what: string,
  parse: (text: string) => Reading<Value>,
): Reading<Value> {
  const text = textOf(env, name)
  if (text === undefined) return { mistake: `${name} is not set: set it to ${what}.` }

  const reading = parse(text)
  return 'mistake' in reading ? { mistake: `${name} ${reading.mistake}` } : reading
}

/**
 * All values, or all mistakes at once: nobody wants to find them one start at a time.
 *
 * @throws {@link ConfigurationError}
 */
export function valuesOf<Readings extends Readonly<Record<string, Reading<unknown>>>>(
  readings: Readings,
): ValuesOf<Readings> {
  const mistakes = Object.values(readings).flatMap((reading) =>
    'mistake' in reading ? [reading.mistake] : [],
  )
  if (mistakes.length > 0) throw new ConfigurationError(mistakes)

  const values = Object.entries(readings).map(([name, reading]) => [
    name,
    'value' in reading ? reading.value : undefined,
  ])
  return Object.fromEntries(values) as ValuesOf<Readings>
}
