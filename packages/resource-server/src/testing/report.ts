import type { RefusalResult, Verdict } from './run-refusals.js'

const HEADINGS: Readonly<Record<Exclude<Verdict, 'refused'>, string>> = {
  accepted: 'ACCEPTED, and must not be',
  failed: 'ANSWERED WITH 5xx',
  'good-request-refused': 'REFUSED, but a good request right after was refused too',
  'refused-otherwise': 'Refused, but not with the status or word that the specifications have',
  'not-sent': 'Not sent: the HTTP library refused to',
}

/** A report to read, worst first. */
export function describeResults(results: readonly RefusalResult[]): string {
  const sections = Object.entries(HEADINGS).flatMap(([verdict, heading]) => {
    const found = results.filter((result) => result.verdict === verdict)
    return found.length === 0
      ? []
      : [`${heading} (${found.length})`, ...found.map(describeResult), '']
  })
  const refused = results.filter(({ verdict }) => verdict === 'refused').length
  return [
    ...sections,
    `${refused} of ${results.length} bad requests were refused as they should be.`,
  ].join('\n')
}

/** Whether an API passed. Another word for a refusal is a flaw; letting one through is a hole. */
export function hasPassed(
  results: readonly RefusalResult[],
  options: { readonly lenient?: boolean } = {},
): boolean {
  const { lenient = false } = options
  return results.every(
    ({ verdict }) =>
      verdict === 'refused' ||
      verdict === 'not-sent' ||
      (lenient && verdict === 'refused-otherwise'),
  )
}

function describeResult({ refusalCase, status, error }: RefusalResult): string {
  const { rule, title } = refusalCase
  const wanted = `${refusalCase.status} ${refusalCase.error ?? 'without an error'}`
  const got = status === undefined ? 'nothing' : `${status} ${error ?? 'without an error'}`
  return `  ${rule}: ${title}\n      wanted ${wanted}, got ${got}`
}
