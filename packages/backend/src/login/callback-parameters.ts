/** What the authorization server sent the browser back with. Nobody vouches for any of it. */
export interface CallbackParameters {
  readonly state: string | undefined
  readonly iss: string | undefined
  readonly code: string | undefined
  readonly error: string | undefined
}

/** @returns `undefined` when one is given twice: two readers could take different ones. */
export function parseCallbackParameters(url: string): CallbackParameters | undefined {
  const query = new URL(url).searchParams
  const single = (name: string): string | undefined => query.get(name) ?? undefined
  const names = ['state', 'iss', 'code', 'error'] as const
  if (names.some((name) => query.getAll(name).length > 1)) return undefined

  return {
    state: single('state'),
    iss: single('iss'),
    code: single('code'),
    error: single('error'),
  }
}
