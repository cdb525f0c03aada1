import type { Tmb } from '@tmb-kit/browser'
import type { HttpInterceptorFn } from '@angular/common/http'
import { from, switchMap } from 'rxjs'

/**
 * Signs the requests of Angular's HttpClient to the given APIs:
 * `provideHttpClient(withFetch(), withInterceptors([signRequests(tmb, ['https://api.example'])]))`.
 *
 * `withFetch()` is needed: over XMLHttpRequest `redirect` does not count, and a redirect would take
 * the proof along. Each subscription is a request with a proof of its own, so `retry()` works. A nonce
 * that an API demands cannot be learned here: call such an API with `tmb.fetch`.
 */
export function signRequests(tmb: Tmb, origins: readonly string[]): HttpInterceptorFn {
  return (request, next) => {
    const { method, urlWithParams: url } = request
    const isSigned = origins.some((origin) => url.startsWith(`${origin}/`))
    if (!isSigned) return next(request)

    return from(tmb.authorize({ method, url })).pipe(
      switchMap((setHeaders) =>
        next(request.clone({ setHeaders, redirect: 'error', credentials: 'omit' })),
      ),
    )
  }
}
