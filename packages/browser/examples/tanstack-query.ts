import type { Tmb, TmbError } from '@tmb-kit/browser'
import type { QueryClient, QueryOptions } from '@tanstack/query-core'

/** What no second try helps against: the user has to do something, or the operator. */
const FINAL: readonly unknown[] = [
  'no_session',
  'login_required',
  'step_up_required',
  'key_mismatch',
]

/** A query for `useQuery(jsonQuery(tmb, url))`, whatever the framework. */
export function jsonQuery<Result>(tmb: Tmb, url: string) {
  return {
    queryKey: [url],
    queryFn: async ({ signal }: { readonly signal: AbortSignal }): Promise<Result> => {
      const response = await tmb.fetch(url, { signal })
      if (!response.ok) throw new Error(`${url} answered ${response.status}`)
      return (await response.json()) as Result
    },
    retry: (failures: number, error: unknown) =>
      failures < 3 && !FINAL.includes((error as Partial<TmbError>).code),
  } satisfies QueryOptions<Result>
}

/** What one user has seen is not shown to the next. Call it once for a page. */
export function forgetWithSession(tmb: Tmb, queries: QueryClient): () => void {
  return tmb.on('sessionended', () => {
    queries.clear()
  })
}
