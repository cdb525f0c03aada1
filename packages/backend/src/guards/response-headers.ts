/** The protective headers of every answer, refusals and redirects too. */
export const PROTECTIVE_HEADERS = {
  'Cache-Control': 'no-store',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Content-Security-Policy': "frame-ancestors 'none'",
  'X-Frame-Options': 'DENY',
} as const satisfies Readonly<Record<string, string>>

/** Puts the protective headers on an answer that was made without them. */
export function protect(response: Response): Response {
  for (const [name, value] of Object.entries(PROTECTIVE_HEADERS)) response.headers.set(name, value)
  return response
}
