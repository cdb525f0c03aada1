/** A requirement is not met. The sentence says what was seen instead. */
export class NotMet extends Error {
  override readonly name: string = 'NotMet'
}

/** A requirement could not be tried here. The sentence says what is missing. */
export class NotTried extends Error {
  override readonly name: string = 'NotTried'
}

/** How one requirement came out. */
export type Finding =
  | { readonly kind: 'met' }
  | { readonly kind: 'not met'; readonly reason: string }
  | { readonly kind: 'not tried'; readonly reason: string }

/** Runs one check. An answer that nobody can read is a requirement that is not met. */
export async function findingOf(check: () => Promise<void>): Promise<Finding> {
  try {
    await check()
    return { kind: 'met' }
  } catch (error) {
    if (error instanceof NotTried) return { kind: 'not tried', reason: error.message }
    if (error instanceof NotMet) return { kind: 'not met', reason: error.message }
    const name = error instanceof Error ? `${error.name}: ${error.message}` : String(error)
    return { kind: 'not met', reason: `the answer could not be judged (${name})` }
  }
}
